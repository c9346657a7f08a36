import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoBell, type Rung } from '#adapters/dynamodb/bell.ts';
import { putMember, removeMember } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { verifyAuditChain } from '../../test/support/audit.ts';
import { silent, startPublisher } from '../../test/support/publisher-stand.ts';
import { type CountOverdueProps, countOverdue } from './count-overdue.ts';
import { type Sweeping, sweepBells } from './sweep-bells.ts';

let stand: Awaited<ReturnType<typeof startPublisher>>;

beforeAll(async () => {
  stand = await startPublisher();
});
afterAll(() => stand?.stop());

describe('the publisher', () => {
  it('takes every message of a committed write to its place, once it is told twice', async () => {
    const ctx = await stand.someone();
    const name = randomUUID();
    const input = { tenant: ctx.tenant, execution: name };
    const bell = await stand.write(ctx, [
      { type: 'execution.queued.v1', subject: `execution/${name}`, data: { n: 1 } },
      {
        type: 'execution.ordered.v1',
        subject: `execution/${name}`,
        destination: 'execution',
        data: { stateMachine: 'training', name, input },
      },
      { type: 'approval.answered.v1', subject: 'approval/1', destination: 'task', data: { taskToken: 'nobody-waits', output: {} } },
    ]);
    expect(await stand.publish([bell, bell])).toEqual({ batchItemFailures: [] });
    expect(await stand.bellIsSilent(bell)).toBe(true);
    expect(await stand.publish([bell])).toEqual({ batchItemFailures: [] });
    expect(await stand.executions(name)).toEqual([`${name}: RUNNING`]);
    expect(stand.warnings).toContain('nobody waits for the answer any more');
    const [event] = await stand.heard(`execution/${name}`);
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'execution.queued.v1',
      tenant: ctx.tenant,
      sequence: '1',
      traceparent: ctx.traceparent,
      data: { n: 1 },
    });
  });

  it('ends the wait that the answer was for, and counts it until then', async () => {
    const ctx = await stand.someone();
    const waited = { machine: 'training', name: randomUUID() };
    await stand.openMachines.enter({ ...waited, tenant: ctx.tenant, input: {}, traceparent: null });
    await stand.openMachines.waitsFor(waited, { dueAt: new Date(Date.now() + 60_000), longFrom: new Date(0) });
    const metrics = { singleMetric: () => ({ addMetric: (name: string, _: string, value: number) => void counted.push([name, value]) }) };
    const [counted, named]: [unknown[], unknown[]] = [[], []];
    const logger = { warn: (...line: readonly unknown[]) => void named.push(line) };
    const props = {
      dueRuns: stand.dueRuns,
      openMachines: stand.openMachines,
      logger,
      metrics: metrics as unknown as CountOverdueProps['metrics'],
      now: Date.now,
    };
    expect(await countOverdue(props)()).toMatchObject({ approvals: 1 });
    expect(counted).toEqual([['ApprovalsWaiting', 1]]);
    expect(named).toEqual([['an approval waits', { tenant: ctx.tenant, execution: waited.name, dueAt: expect.stringMatching(/Z$/) }]]);
    const answer = { taskToken: 'nobody-waits', output: {}, waited };
    const bell = await stand.write(ctx, [{ type: 'approval.answered.v1', subject: 'approval/2', destination: 'task', data: answer }]);
    expect(await stand.publish([bell, bell])).toEqual({ batchItemFailures: [] });
    expect(await countOverdue(props)()).toMatchObject({ approvals: 0 });
    expect(counted).toHaveLength(1);
  });

  it('reports a bell whose message cannot be delivered, keeps it ringing, and later repeats only what is missing', async () => {
    const ctx = await stand.someone();
    const order = { stateMachine: 'training', name: randomUUID(), input: {} };
    const bell = await stand.write(ctx, [
      { type: 'one.v1', subject: 'thing/1', data: {} },
      { type: 'two.v1', subject: 'thing/1', destination: 'execution', data: order },
    ]);
    const delivered: string[] = [];
    const flaky = (broken: boolean): Sweeping => ({
      ...stand.publishing,
      deliver: async (tenant, message) => {
        if (broken && message.type === 'two.v1') throw new Error('Step Functions is away');
        await stand.publishing.deliver(tenant, message);
        delivered.push(message.type);
      },
    });
    expect(await stand.publish([bell], flaky(true))).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
    expect(await stand.bellIsSilent(bell)).toBe(false);
    expect(await stand.publish([bell], flaky(false))).toEqual({ batchItemFailures: [] });
    expect(delivered).toEqual(['one.v1', 'two.v1']);
  });

  it('seals the audit of a write; where it cannot, no other bell waits, and the sweep comes to it', async () => {
    const ctx = await stand.someone();
    const bell = await stand.write(ctx, [{ type: 'one.v1', subject: 'thing/1', data: {} }]);
    const delivered: string[] = [];
    const unsealing: Sweeping = {
      ...stand.publishing,
      deliver: async (_, { type }) => void delivered.push(type),
      seal: async () => {
        throw new Error('S3 is away');
      },
      now: () => Date.now() + 120_000,
    };
    expect(await stand.publish([bell], unsealing)).toEqual({ batchItemFailures: [] });
    expect(await stand.bellIsSilent(bell)).toBe(false);
    await expect(sweepBells(unsealing, silent)()).rejects.toThrow(/could not be published/);
    await sweepBells({ ...unsealing, seal: stand.publishing.seal }, silent)();
    expect([await stand.bellIsSilent(bell), delivered]).toEqual([true, ['one.v1']]);
    const verdict = await verifyAuditChain({ pool: stand.postgres.pool, tenant: ctx.tenant, evidence: stand.evidence });
    expect(verdict).toEqual({ sealed: 1, evidence: 1 });
  });

  it('silences the bell of a write that was rolled back', async () => {
    const ctx = await stand.someone();
    const bells = stand.rung.length;
    const bell = { intent: randomUUID(), tenant: ctx.tenant, rungAt: new Date() };
    await dynamoBell(stand.dynamo, 'bell').ring(bell.intent, bell.tenant);
    expect(await stand.publish([bell])).toEqual({ batchItemFailures: [] });
    expect(await stand.bellIsSilent(bell)).toBe(true);
    expect(stand.rung.length).toBe(bells);
  });

  it('projects members in any order of arrival, and does not bring back the removed', async () => {
    const ctx = await stand.someone();
    const put = (roles: readonly ('admin' | 'viewer')[]) => putMemberOf(ctx, roles);
    const bells = [await put(['viewer']), await put(['admin', 'viewer'])];
    await putMemberOf(ctx, ['admin'], 'root').then((bell) => stand.publish([bell]));
    await stand.publish(bells.slice(1));
    await stand.publish(bells.slice(0, 1));
    const { memberships } = stand;
    expect(await memberships.of('member')).toMatchObject([{ tenant: ctx.tenant, roles: ['admin', 'viewer'] }]);
    await stand.plane.write(ctx, {}, (tx) => removeMember(tx, ctx, { principal: 'member' }));
    await stand.publish([stand.rung.at(-1) as Rung]);
    expect(await memberships.of('member')).toEqual([]);
  });

  async function putMemberOf(ctx: Context, roles: readonly ('admin' | 'viewer')[], principal = 'member'): Promise<Rung> {
    await stand.plane.write(ctx, {}, (tx) => putMember(tx, ctx, { principal, kind: 'user', displayName: principal, roles }));
    return stand.rung.at(-1) as Rung;
  }
});
