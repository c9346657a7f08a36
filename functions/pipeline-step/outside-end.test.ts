import { describe, expect, it } from 'vitest';
import { outsideEnd } from './outside-end.ts';

const ids = { tenant: '0197a000-0000-7000-8000-000000000001', execution: '0197a000-0000-7000-8000-000000000002' };
const told = (detail: object) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: { name: ids.execution, input: JSON.stringify(ids), error: null, cause: null, ...detail },
});

describe('what Step Functions tells of an ended execution', () => {
  it.each([
    [{ status: 'ABORTED' }, { error: 'execution_stopped' }],
    [{ status: 'TIMED_OUT' }, { error: 'States.Timeout' }],
    [
      { status: 'FAILED', error: 'States.DataLimitExceeded', cause: 'too much' },
      { error: 'States.DataLimitExceeded', cause: 'too much' },
    ],
  ])('%j becomes the step that writes it down', (detail, end) =>
    expect(outsideEnd(told(detail))).toMatchObject({ ...ids, step: 'record-failure', ...end }),
  );

  it.each([{ ...ids, step: 'register' }, { source: 'aws.s3', detail: {} }, null])('%j is something else', (event) =>
    expect(outsideEnd(event)).toBeUndefined(),
  );

  it('refuses what it cannot place: a good end, or an input without ids', () => {
    expect(() => outsideEnd(told({ status: 'SUCCEEDED' }))).toThrow(/SUCCEEDED/);
    expect(() => outsideEnd(told({ status: 'ABORTED', input: '{"tenant":"x"}' }))).toThrow(/tenant/);
  });
});
