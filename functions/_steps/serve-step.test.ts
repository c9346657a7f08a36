import { describe, expect, it } from 'vitest';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Context } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';
import { type Step, serveStep } from './serve-step.ts';

const TENANT = '01890000-0000-7000-8000-000000000001';
const EXECUTION = '01890000-0000-7000-8000-000000000002';
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const CONTINUED = new RegExp(`^00-${'a'.repeat(32)}-(?!${'b'.repeat(16)})[0-9a-f]{16}-01$`);

/** One execution of one tenant, and what a step was called with. */
function served(traceparent: string | null) {
  const seen: Context[] = [];
  const executions = { find: async (id: string) => (id === EXECUTION ? ({ id, traceparent } as Execution) : undefined) };
  const read = (async (_, work) => work({ executions } as never)) as ControlPlane['read'];
  const one: Step = async ({ ctx }) => {
    seen.push(ctx);
    return { done: true };
  };
  const step = serveStep('test', { read }, { one });
  return { seen, call: (event: object) => step({ tenant: TENANT, execution: EXECUTION, step: 'one', ...event }, { awsRequestId: 'r' }) };
}

describe('a step', () => {
  it.each([
    { name: 'continues the trace of its execution by a span of its own', stored: TRACE, traceparent: CONTINUED },
    { name: 'begins a trace when the execution has none', stored: null, traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/ },
  ])('$name', async ({ stored, traceparent }) => {
    const { seen, call } = served(stored);
    expect(await call({})).toEqual({ step: 'one', done: true });
    expect(seen).toMatchObject([{ tenant: TENANT, requestId: 'r', principal: { id: 'system:training', kind: 'service' } }]);
    expect(seen[0]?.traceparent).toMatch(traceparent);
  });

  it.each([
    { name: 'an execution that its tenant does not have', event: { execution: TENANT }, error: 'not_found' },
    { name: 'a step that the function does not have', event: { step: 'toString' }, error: 'TypeError' },
    { name: 'a tenant that is no id', event: { tenant: 'growing' }, error: 'TypeError' },
    { name: 'no step', event: { step: undefined }, error: 'TypeError' },
  ])('is not run for $name', async ({ event, error }) => {
    const { seen, call } = served(TRACE);
    await expect(call(event)).rejects.toMatchObject({ name: error });
    expect(seen).toEqual([]);
  });
});
