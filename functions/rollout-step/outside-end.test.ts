import { describe, expect, it } from 'vitest';
import { outsideEnd } from './outside-end.ts';

const ids = { tenant: '0197a000-0000-7000-8000-000000000001', rollout: '0197a000-0000-7000-8000-000000000002' };
const told = (detail: object) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: { name: ids.rollout, input: JSON.stringify(ids), error: null, cause: null, ...detail },
});

describe('what Step Functions tells of an ended rollout machine', () => {
  it.each([
    [{ status: 'ABORTED' }, { error: 'execution_stopped' }],
    [{ status: 'TIMED_OUT' }, { error: 'States.Timeout' }],
    [
      { status: 'FAILED', error: 'StoreUnavailable', cause: 'no way back' },
      { error: 'StoreUnavailable', cause: 'no way back' },
    ],
  ])('%j becomes the step that routes back', (detail, end) =>
    expect(outsideEnd(told(detail))).toMatchObject({ ...ids, step: 'roll-back', ...end }),
  );

  it.each([{ ...ids, step: 'judge' }, { source: 'aws.s3', detail: {} }, null])('%j is something else', (event) =>
    expect(outsideEnd(event)).toBeUndefined(),
  );

  it('refuses what it cannot place: a good end, or an input without ids', () => {
    expect(() => outsideEnd(told({ status: 'SUCCEEDED' }))).toThrow(/SUCCEEDED/);
    expect(() => outsideEnd(told({ status: 'ABORTED', input: '{"tenant":"x"}' }))).toThrow(/tenant/);
  });
});
