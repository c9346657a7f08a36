import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** CommonJS without types. */
const validate: (definition: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(import.meta.url)(
  'asl-validator',
);

const text = readFileSync(join(import.meta.dirname, '..', '..', 'state-machines', 'training.asl.json'), 'utf8');

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: { readonly Payload?: Readonly<Record<string, string>> };
  readonly Output?: unknown;
  readonly TimeoutSeconds?: number | string;
  readonly Retry?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly JitterStrategy?: string;
    readonly MaxDelaySeconds?: number;
  }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
}

const machine: { readonly QueryLanguage: string; readonly States: Readonly<Record<string, State>> } = JSON.parse(text);
const states = Object.entries(machine.States);
const tasks = states.filter(([, { Type }]) => Type === 'Task');
const lambdas = tasks.filter(([, { Resource }]) => Resource?.includes('lambda:invoke'));

/** Worth another try; everything else would fail again. */
const TRANSIENT = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'StoreUnavailable',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'SageMaker.ThrottlingException',
  'SageMaker.ResourceLimitExceededException',
];

describe('the training machine', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(JSON.parse(text));
    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it('names every state as the map of the pipeline does', () =>
    expect(states.map(([name]) => name)).toEqual([
      'Validate',
      'Split',
      'PlanTraining',
      'AlreadyTrained?',
      'Train',
      'RecordTraining',
      'Evaluate',
      'DecideGates',
      'GatesPassed?',
      'Register',
      'ApprovalRequired?',
      'AwaitApproval',
      'Approved?',
      'RollOut',
      'RolledOut?',
      'Live',
      'RecordFailure',
      'Ended',
    ]));

  it.each(tasks)('%s has a timeout, retries with full jitter, and a way out for everything', (name, task) => {
    expect(task.TimeoutSeconds).toBeDefined();
    expect(task.Retry?.length).toBeGreaterThan(0);
    for (const retry of task.Retry ?? []) {
      expect(retry).toMatchObject({ JitterStrategy: 'FULL', MaxDelaySeconds: expect.any(Number) });
      expect(retry.ErrorEquals.filter((error) => !TRANSIENT.includes(error))).toEqual([]);
    }
    expect(task.Catch?.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], Next: name === 'RecordFailure' ? 'Ended' : 'RecordFailure' });
  });

  it.each(lambdas)('%s is told the ids and its step', (_, { Arguments }) =>
    expect(Arguments?.Payload).toMatchObject({
      tenant: '{% $states.input.tenant %}',
      execution: '{% $states.input.execution %}',
      step: expect.any(String),
    }),
  );

  it.each(states.filter(([, { Type }]) => Type !== 'Fail'))('%s passes pointers on, nothing else', (_, { Output }) =>
    expect(Output).toBe('{% $states.input %}'),
  );

  it('asks for no name that the deployment does not fill in', () =>
    expect(new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name))).toEqual(
      new Set(['DataStep', 'PipelineStep', 'EvaluateModel']),
    ));
});
