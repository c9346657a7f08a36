import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutionAlreadyExists, ExecutionDoesNotExist, TaskDoesNotExist } from '@aws-sdk/client-sfn';
import { ROOT } from '../../support/stores-folder.ts';
import type { AwsCall } from './aws-calls.ts';
import { runMachine, type States, StatesError } from './run-machine.ts';
import type { VirtualTime } from './virtual-time.ts';

const NAMES = ['training', 'rollout', 'drift-scan', 'retraining', 'batch-prediction'] as const;
type Name = (typeof NAMES)[number];

const PREFIX = 'arn:aws:states:us-east-1:000000000000';

/** By the names that the definitions use; `infra` substitutes ARNs for the same. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  DataStep: 'data-step',
  PipelineStep: 'pipeline-step',
  EvaluateModel: 'evaluate-model',
  RolloutStep: 'rollout-step',
  DriftScan: 'drift-scan',
  RetrainingStep: 'retraining-step',
  BatchStep: 'batch-step',
};

/** Who writes down an end that no state could. */
export const RECORDERS: Readonly<Record<Name, string>> = {
  training: 'pipeline-step',
  rollout: 'rollout-step',
  'drift-scan': 'drift-scan',
  'batch-prediction': 'batch-step',
  retraining: 'retraining-step',
};
/** Whose recorder is told by an event, as `infra/constructs/outside-ends.ts` has it; the others' are when somebody looks. */
const TOLD: readonly Name[] = ['training', 'rollout', 'batch-prediction'];

export const STATE_MACHINES = Object.fromEntries(NAMES.map((name) => [name, `${PREFIX}:stateMachine:${name}`]));

interface Execution {
  readonly machine: Name;
  readonly input: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  error?: string;
  cause?: string;
}

export interface MachinesProps {
  readonly time: VirtualTime;
  /** One invocation, as Step Functions makes it. @throws what the function threw, by its name */
  invoke(fn: string, payload: unknown): Promise<unknown>;
  /** An asynchronous invocation, made again until it works. */
  tell(fn: string, task: string, event: unknown): void;
  train(request: unknown): Promise<unknown>;
}

/** Step Functions: the machines of `state-machines/`, their executions by name, the tokens they wait for. */
export function machines({ time, invoke, tell, train }: MachinesProps) {
  const definitions = new Map(NAMES.map((name) => [name, definitionOf(name)]));
  let executions = new Map<string, Execution>();
  let tokens = new Map<string, (answer: unknown) => void>();
  let made = 0;

  async function task(fn: string, payload: unknown): Promise<unknown> {
    try {
      return await invoke(fn, payload);
    } catch (error) {
      const { name, message } = error as Error;
      throw new StatesError(name, JSON.stringify({ errorType: name, errorMessage: message }));
    }
  }

  const tasks = {
    invoke: task,
    async invokeAndWait(fn: string, payload: (token: string) => Promise<unknown>, seconds: number) {
      made += 1;
      const token = `token-${made}`;
      let given: { readonly answer: unknown } | undefined;
      let wake: ((answer: unknown) => void) | undefined;
      tokens.set(token, (answer) => {
        given = { answer };
        wake?.(answer);
      });
      try {
        await task(fn, await payload(token));
        const outcome = given
          ? given.answer
          : await time.suspend<unknown>(seconds, 'long', (awake) => {
              wake = awake;
            });
        if (given) return given.answer;
        throw new StatesError('States.Timeout', String(outcome));
      } finally {
        tokens.delete(token);
      }
    },
    train,
    pause: async (seconds: number) => void (await time.suspend(seconds, 'short')),
  };

  async function run(arn: string, execution: Execution): Promise<void> {
    const { machine, input } = execution;
    try {
      await runMachine(definitions.get(machine) as States, arn.split(':').at(-1) ?? '', JSON.parse(input), tasks);
      execution.status = 'SUCCEEDED';
    } catch (thrown) {
      if (!(thrown instanceof StatesError)) throw thrown;
      const { error, message: cause } = thrown;
      Object.assign(execution, { status: 'FAILED', error, cause });
      const detail = { stateMachineArn: STATE_MACHINES[machine], executionArn: arn, status: 'FAILED', input, error, cause };
      if (TOLD.includes(machine))
        tell(RECORDERS[machine], 'outside-end', { source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail });
    }
  }

  return {
    answer: ({ command, input }: AwsCall): object | undefined => {
      const said = input as Readonly<Record<string, string>>;
      if (command === 'StartExecution') return startExecution(said['stateMachineArn'] ?? '', said['name'] ?? '', said['input'] ?? '{}');
      if (command === 'DescribeExecution') {
        const found = executions.get(said['executionArn'] ?? '');
        if (!found) throw new ExecutionDoesNotExist({ message: 'it does not exist', $metadata: {} });
        return found;
      }
      if (command === 'SendTaskSuccess') {
        const waiting = tokens.get(said['taskToken'] ?? '');
        if (!waiting) throw new TaskDoesNotExist({ message: 'nobody waits', $metadata: {} });
        tokens.delete(said['taskToken'] ?? '');
        waiting(JSON.parse(said['output'] ?? 'null'));
        return {};
      }
      return undefined;
    },
    start: startExecution,
    /** Those of the present loop, in words. */
    ends: () =>
      [...executions].map(
        ([arn, { status, error = '', cause = '' }]) => `${arn.split(':').slice(6).join('/')} ${status} ${error} ${cause}`,
      ),
    forget(): void {
      executions = new Map();
      tokens = new Map();
    },
  };

  function startExecution(machineArn: string, name: string, input: string): object {
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const before = executions.get(arn);
    // Step Functions takes the very same order again while the first is at work.
    if (before && !(before.status === 'RUNNING' && before.input === input))
      throw new ExecutionAlreadyExists({ message: 'it exists', $metadata: {} });
    if (before) return { executionArn: arn };
    const execution: Execution = { machine: machineArn.split(':')[6] as Name, input, status: 'RUNNING' };
    executions.set(arn, execution);
    time.work(() => run(arn, execution));
    return { executionArn: arn };
  }
}

function definitionOf(name: Name): States {
  const text = readFileSync(join(ROOT, 'state-machines', `${name}.asl.json`), 'utf8');
  return JSON.parse(text.replace(/\$\{(\w+)\}/g, (_, placeholder: string) => FUNCTIONS[placeholder] ?? placeholder)) as States;
}
