import { describe, expect, it } from 'vitest';
import { outsideEnd } from './outside-end.ts';

const ids = { tenant: '0197a000-0000-7000-8000-000000000001', batch: '0197a000-0000-7000-8000-000000000002' };
const told = (detail: object) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: { name: ids.batch, input: JSON.stringify(ids), error: null, cause: null, ...detail },
});
const step = { step: 'record-failure', about: 'batch' } as const;

describe('what Step Functions tells of an ended machine', () => {
  it.each([
    [{ status: 'ABORTED' }, { error: 'execution_stopped' }],
    [{ status: 'TIMED_OUT' }, { error: 'States.Timeout' }],
    [
      { status: 'FAILED', error: 'States.DataLimitExceeded', cause: 'too much' },
      { error: 'States.DataLimitExceeded', cause: 'too much' },
    ],
  ])('%j becomes the step that makes it good', (detail, end) =>
    expect(outsideEnd(told(detail), step)).toMatchObject({ ...ids, step: 'record-failure', ...end }),
  );

  it('goes on in the trace of the machine', () => {
    const input = JSON.stringify({ ...ids, traceparent: 'a-trace' });
    expect(outsideEnd(told({ status: 'ABORTED', input }), step)).toMatchObject({ traceparent: 'a-trace' });
  });

  it.each([{ ...ids, step: 'register' }, { source: 'aws.s3', detail: {} }, null])('%j is something else', (event) =>
    expect(outsideEnd(event, step)).toBeUndefined(),
  );

  it('refuses what it cannot place: a good end, or an input without its ids', () => {
    expect(() => outsideEnd(told({ status: 'SUCCEEDED' }), step)).toThrow(/SUCCEEDED/);
    expect(() => outsideEnd(told({ status: 'ABORTED', input: '{"tenant":"x"}' }), step)).toThrow(/tenant/);
    expect(() => outsideEnd(told({ status: 'ABORTED' }), { ...step, about: 'rollout' })).toThrow(/rollout/);
  });
});
