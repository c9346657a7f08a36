import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recorded } from '#core/kernel/index.ts';
import { startPublisher } from '../../test/support/publisher-stand.ts';
import { type CountOverdueProps, countOverdue } from './count-overdue.ts';
import { orderSchedule } from './order-schedule.ts';

let stand: Awaited<ReturnType<typeof startPublisher>>;

beforeAll(async () => {
  stand = await startPublisher();
});
afterAll(() => stand?.stop());

describe('orders for a schedule', () => {
  const order = (monitor: string, state: 'enabled' | 'disabled' | 'deleted', expression = 'rate(5 minutes)'): Recorded => ({
    type: 'monitor.schedule.ordered.v1',
    subject: `monitor/${monitor}`,
    destination: 'schedule',
    data: {
      name: monitor,
      expression,
      timezone: 'Europe/Berlin',
      state,
      stateMachine: 'drift-scan',
      input: { monitor, scheduledTime: '<aws.scheduler.scheduled-time>' },
    },
  });
  const look = (monitor: string) =>
    stand.schedule(monitor).then(
      ({ State, ScheduleExpression }) => `${State} ${ScheduleExpression}`,
      (error: Error) => error.name,
    );

  it('make it, change it, pause it and end it', async () => {
    const [ctx, monitor] = [await stand.someone(), randomUUID()];
    const say = async (...facts: readonly Recorded[]) => stand.publish([await stand.write(ctx, facts)]);
    expect(await say(order(monitor, 'enabled'))).toEqual({ batchItemFailures: [] });
    expect(await stand.schedule(monitor)).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'rate(5 minutes)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Description: `monitor/${monitor}, order 1`,
      Target: {
        Arn: stand.machine,
        Input: JSON.stringify({ monitor, scheduledTime: '<aws.scheduler.scheduled-time>' }),
        DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:missed' },
      },
    });
    await say(order(monitor, 'enabled', 'cron(0 6 * * ? *)'));
    expect(await look(monitor)).toBe('ENABLED cron(0 6 * * ? *)');
    await say(order(monitor, 'disabled', 'cron(0 6 * * ? *)'));
    expect(await look(monitor)).toBe('DISABLED cron(0 6 * * ? *)');
    await say(order(monitor, 'deleted'));
    await say(order(monitor, 'deleted'));
    expect(await look(monitor)).toBe('ResourceNotFoundException');
  });

  it('have runs of what is enabled looked for, and of nothing else: who is an hour late is counted and named', async () => {
    const [ctx, monitor] = [await stand.someone(), randomUUID()];
    const say = async (...orders: readonly Parameters<typeof order>[]) => {
      for (const each of orders) await stand.publish([await stand.write(ctx, [order(...each)])]);
    };
    const late = async (minutes: number) => {
      const [named, counted]: [object[], number[]] = [[], []];
      const logger = { warn: (_: unknown, ...facts: readonly unknown[]) => void named.push(...(facts as object[])) };
      const metrics = { singleMetric: () => ({ addMetric: (_: string, __: string, value: number) => void counted.push(value) }) };
      const props = {
        dueRuns: stand.dueRuns,
        openMachines: stand.openMachines,
        logger,
        metrics: metrics as unknown as CountOverdueProps['metrics'],
      };
      await countOverdue({ ...props, now: () => Date.now() + minutes * 60_000 })();
      return { named: named.filter((one) => 'schedule' in one && one.schedule === monitor), counted };
    };
    await say([monitor, 'enabled']);
    expect((await late(64)).named).toEqual([]);
    const about = { schedule: monitor, tenant: ctx.tenant, expression: 'rate(5 minutes)', timezone: 'Europe/Berlin' };
    expect(await late(66)).toEqual({ named: [{ ...about, dueAt: expect.stringMatching(/Z$/) }], counted: [expect.any(Number)] });
    await say([monitor, 'enabled', 'rate(2 hours)']);
    expect((await late(66)).named).toEqual([]);
    expect((await late(181)).named).toHaveLength(1);
    await say([monitor, 'disabled', 'rate(2 hours)']);
    expect((await late(181)).named).toEqual([]);
    await say([monitor, 'enabled', 'cron(0 6 * * ? 2020)']);
    expect((await late(100_000)).named).toEqual([]);
    await say([monitor, 'enabled'], [monitor, 'deleted']);
    expect((await late(100_000)).named).toEqual([]);
  });

  it('leave what the latest says, in whatever order they arrive', async () => {
    const [ctx, monitor] = [await stand.someone(), randomUUID()];
    const bells = [await stand.write(ctx, [order(monitor, 'enabled')]), await stand.write(ctx, [order(monitor, 'disabled')])];
    const last = await stand.write(ctx, [order(monitor, 'enabled', 'rate(1 hour)')]);
    await stand.publish([last]);
    await stand.publish(bells.slice(1));
    await stand.publish(bells.slice(0, 1));
    expect(await look(monitor)).toBe('ENABLED rate(1 hour)');
    const early = await stand.write(ctx, [order(monitor, 'disabled')]);
    await stand.publish([await stand.write(ctx, [order(monitor, 'deleted')])]);
    await stand.publish([early]);
    expect(await look(monitor)).toBe('ResourceNotFoundException');
  });

  it('leave what the latest says when an older one is slow on its way to the Scheduler', async () => {
    const [tenant, subject] = [randomUUID(), 'monitor/slow'];
    const kept = (sequence: number, state: 'enabled' | 'deleted') => ({ sequence, data: order('slow', state).data });
    const orders = [kept(1, 'enabled')];
    const [there, due]: [string[], string[]] = [[], []];
    let hold: Promise<void> = Promise.resolve();
    const follow = orderSchedule({
      schedules: {
        put: async ({ name }) => {
          await hold;
          there.push(name);
        },
        remove: async () => void there.splice(0),
      },
      dueRuns: { expect: async ({ schedule }) => void due.push(schedule), forget: async () => void due.splice(0) },
      stateMachines: { 'drift-scan': stand.machine },
      newestOrder: async () => orders.at(-1),
    });
    let release = () => {};
    hold = new Promise((done) => {
      release = done;
    });
    const slow = follow(tenant, subject);
    await new Promise((next) => setImmediate(next));
    orders.push(kept(2, 'deleted'));
    await follow(tenant, subject);
    release();
    await slow;
    expect([there, due]).toEqual([[], []]);
  });
});
