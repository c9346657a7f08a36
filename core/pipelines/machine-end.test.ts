import { describe, expect, it } from 'vitest';
import { machineEnd } from './machine-end.ts';
import { trainingFailure } from './training-failure.ts';

describe('the end of a machine that could not say why', () => {
  it.each([
    ['ABORTED', 'wrong data', 'ask Ada', 'execution_stopped', 'wrong data: ask Ada'],
    ['ABORTED', undefined, undefined, 'execution_stopped', 'somebody stopped it in Step Functions'],
    ['TIMED_OUT', undefined, undefined, 'timed_out', 'the execution took longer than it may'],
    ['FAILED', 'States.DataLimitExceeded', 'the state returned too much', 'defect', 'the state returned too much'],
    ['FAILED', 'States.Runtime', undefined, 'defect', 'States.Runtime'],
    ['FAILED', undefined, undefined, 'unknown', 'unknown'],
  ])('%s (%s, %s) is %s: %s', (status, error, cause, code, reason) => {
    const end = machineEnd(status, error, cause);
    expect(trainingFailure(end?.error ?? '', end?.cause ?? '')).toEqual({ code, reason });
  });

  it.each(['SUCCEEDED', 'RUNNING'])('%s is no such end', (status) => expect(machineEnd(status)).toBeUndefined());
});
