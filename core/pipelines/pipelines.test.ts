import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#core/kernel/index.ts';
import { EXECUTION_STATUSES, hasEnded, mayMove } from './execution-status.ts';
import { trainingFailure } from './training-failure.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('canonical JSON', () => {
  it('is the same text for the same value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const same = sha256(canonicalJson(one)) === sha256(canonicalJson(other));
        if (same) expect(one).toEqual(other);
      }),
    );
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1]])('refuses %s', (value) =>
    expect(() => canonicalJson({ value })).toThrow(TypeError),
  );
});

describe('an execution', () => {
  it('leaves an end for nothing else', () => {
    for (const from of EXECUTION_STATUSES.filter(hasEnded)) {
      for (const to of EXECUTION_STATUSES.filter((status) => status !== from)) {
        expect(() => mayMove({ id: 'x', status: from }, to)).toThrow(/execution ended/);
      }
    }
  });

  it.each([
    ['queued', 'running', true],
    ['running', 'awaiting_approval', true],
    ['awaiting_approval', 'rejected', true],
    ['awaiting_approval', 'running', true],
    ['running', 'running', false],
  ] as const)('may go from %s to %s: %s', (from, to, moved) => expect(mayMove({ id: 'x', status: from }, to)).toBe(moved));

  it('cannot be rejected before anybody was asked', () => expect(() => mayMove({ id: 'x', status: 'running' }, 'rejected')).toThrow());
});

describe('why a machine stopped', () => {
  it.each([
    [
      'SageMaker says it',
      'States.TaskFailed',
      '{"TrainingJobName":"j","FailureReason":"AlgorithmError: x"}',
      { code: 'training_failed', job: 'j', reason: 'AlgorithmError: x' },
    ],
    [
      'it printed a secret before it failed',
      'States.TaskFailed',
      '{"TrainingJobName":"j","FailureReason":"AlgorithmError: password=hunter2"}',
      { code: 'training_failed', job: 'j', reason: 'AlgorithmError: password=[redacted]' },
    ],
    [
      'somebody stopped it',
      'States.TaskFailed',
      '{"TrainingJobName":"j","TrainingJobStatus":"Stopped","SecondaryStatus":"Stopped"}',
      { code: 'training_failed', job: 'j', reason: 'the job ended as Stopped (Stopped)' },
    ],
    [
      'its time was up',
      'States.TaskFailed',
      '{"TrainingJobName":"j","TrainingJobStatus":"Stopped","SecondaryStatus":"MaxRuntimeExceeded","StoppingCondition":{"MaxRuntimeInSeconds":60}}',
      {
        code: 'training_failed',
        job: 'j',
        reason: 'the job took longer than the 60 seconds that it had ("maxRuntimeMinutes" in pipeline.yaml) and was stopped',
      },
    ],
    [
      'a Lambda refused',
      'schema_mismatch',
      '{"errorType":"schema_mismatch","errorMessage":"no"}',
      { code: 'schema_mismatch', reason: 'no' },
    ],
    [
      'a Lambda broke',
      'TypeError',
      '{"errorType":"TypeError","errorMessage":"x is undefined"}',
      { code: 'defect', reason: 'x is undefined' },
    ],
    ['time ran out', 'States.Timeout', '', { code: 'timed_out', reason: 'a step took longer than it may' }],
    ['plain text', 'SageMaker.AmazonSageMakerException', 'Access denied', { code: 'defect', reason: 'Access denied' }],
  ])('when %s', (_, error, cause, failure) => expect(trainingFailure(error, cause)).toEqual(failure));
});
