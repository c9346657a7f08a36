import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { spanCollector } from '../../test/support/span-collector.ts';
import { serveStep } from './serve-step.ts';
import { serveTask } from './serve-task.ts';

const TENANT = '01890000-0000-7000-8000-000000000001';
const BATCH = '01890000-0000-7000-8000-000000000002';
const TRACE_ID = 'a'.repeat(32);
const PARENT = 'b'.repeat(16);
const TRACEPARENT = `00-${TRACE_ID}-${PARENT}-01`;
const LAMBDA = { awsRequestId: 'r' };

let collector: Awaited<ReturnType<typeof spanCollector>>;
beforeAll(async () => {
  collector = await spanCollector();
});
beforeEach(() => {
  collector.spans.length = 0;
});
afterAll(() => collector?.stop());

const refuse = () => {
  throw new DomainError({ code: 'not_found', what: 'batch', id: BATCH });
};

describe('a task', () => {
  const seen: Context[] = [];
  const serve = (env = {}) =>
    serveTask(
      'test',
      {
        look: async (ctx) => {
          seen.push(ctx);
          return { done: true };
        },
        refuse: async () => refuse(),
      },
      env,
    );

  it('is done as the machine, and its span is a child of the trace that the event names', async () => {
    expect(await serve(collector.env)({ tenant: TENANT, batch: BATCH, step: 'look', traceparent: TRACEPARENT }, LAMBDA)).toEqual({
      step: 'look',
      done: true,
    });
    const [span] = collector.spans;
    expect(span).toMatchObject({ name: 'look', traceId: TRACE_ID, parentSpanId: PARENT });
    expect(span?.attributes).toContainEqual({ key: 'batch', value: { stringValue: BATCH } });
    expect(seen.at(-1)).toMatchObject({ tenant: TENANT, principal: { id: 'system:test' }, requestId: 'r' });
    expect(seen.at(-1)?.traceparent).toBe(`00-${TRACE_ID}-${span?.spanId}-01`);
  });

  it('that is refused has a span that says so', async () => {
    await expect(serve(collector.env)({ tenant: TENANT, step: 'refuse' }, LAMBDA)).rejects.toMatchObject({ name: 'not_found' });
    expect(collector.spans).toMatchObject([{ name: 'refuse', status: { code: 2, message: 'not_found' } }]);
    expect(collector.spans[0]?.parentSpanId ?? '').toBe('');
  });

  it('is done though nobody takes its span', async () => {
    const away = await spanCollector();
    await away.stop();
    expect(await serve(away.env)({ tenant: TENANT, step: 'look' }, LAMBDA)).toMatchObject({ done: true });
  });

  it.each([
    { name: 'a step that the machine does not have', event: { step: 'toString' } },
    { name: 'a tenant that is no id', event: { tenant: 'growing' } },
    { name: 'no step', event: { step: undefined } },
  ])('is not done for $name', async ({ event }) => {
    await expect(serve()({ tenant: TENANT, step: 'look', ...event }, LAMBDA)).rejects.toThrow(TypeError);
    expect(collector.spans).toEqual([]);
  });
});

it('a step of an execution has a span in the trace of whoever ordered the execution', async () => {
  const executions = { find: async (id: string) => ({ id, traceparent: TRACEPARENT }) };
  const read = (async (_, work) => work({ executions } as never)) as ControlPlane['read'];
  const step = serveStep('test', { read }, { train: async () => ({}) }, collector.env);
  await step({ tenant: TENANT, execution: BATCH, step: 'train' }, LAMBDA);
  expect(collector.spans).toMatchObject([{ name: 'train', traceId: TRACE_ID, parentSpanId: PARENT }]);
});
