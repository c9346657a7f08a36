import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleGroupCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoBell, type Rung } from '#adapters/dynamodb/bell.ts';
import { dynamoDueRuns } from '#adapters/dynamodb/due-runs.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { eventBus } from '#adapters/events/event-bus.ts';
import { postgresAuditSealing } from '#adapters/postgres/audit-sealing.ts';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { s3Evidence, s3EvidenceKeeping } from '#adapters/s3/evidence.ts';
import { eventBridgeSchedules } from '#adapters/scheduler/schedules.ts';
import { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { type Evidence, sealAudit } from '#core/audit/index.ts';
import { putMember, removeMember } from '#core/governance/index.ts';
import type { Context, Recorded } from '#core/kernel/index.ts';
import { administer } from '#functions/administer/administer.ts';
import { readOutbox } from '#functions/read-outbox/read-outbox.ts';
import { standings } from '#functions/read-outbox/standings.ts';
import { webhookBook } from '#functions/read-outbox/webhook-book.ts';
import { verifyAuditChain } from '../../test/support/audit.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { newTable } from '../../test/support/new-table.ts';
import { openMachinesIn } from '../../test/support/open-machines.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type CountOverdueProps, countOverdue } from './count-overdue.ts';
import { deliverTo } from './deliver.ts';
import { type KeptOrder, orderSchedule } from './order-schedule.ts';
import { publishBells } from './publish-bells.ts';
import type { Publishing } from './publish-intent.ts';
import { startOrResume } from './start-or-resume.ts';
import { type Sweeping, sweepBells } from './sweep-bells.ts';

const GROUP = 'sluice-test';
const MACHINE = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } };

let postgres: TestPostgres;
let aws: TestAws;
let dynamo: DynamoDBClient;
let sfn: SFNClient;
let sqs: SQSClient;
let machine: string;
let queue: string;
let scheduler: SchedulerClient;
let dueRuns: ReturnType<typeof dynamoDueRuns>;
let openMachines: Awaited<ReturnType<typeof openMachinesIn>>;
let plane: ControlPlane;
let publishing: Sweeping;
let evidence: Evidence;
let ring: (intent: string, tenant: string) => Promise<void>;
const warnings: string[] = [];
const rung: Rung[] = [];

beforeAll(async () => {
  [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  dynamo = new DynamoDBClient(aws.config);
  sfn = new SFNClient(aws.config);
  sqs = new SQSClient(aws.config);
  scheduler = new SchedulerClient(aws.config);
  await scheduler.send(new CreateScheduleGroupCommand({ Name: GROUP }));
  const events = new EventBridgeClient(aws.config);
  await Promise.all([newTable(dynamo, ['pk'], 'bell'), newTable(dynamo, ['pk', 'sk'], 'membership')]);
  dueRuns = dynamoDueRuns(dynamo, await newTable(dynamo, ['pk']));
  openMachines = await openMachinesIn(aws);
  const made = await sfn.send(
    new CreateStateMachineCommand({ name: 'training', definition: JSON.stringify(MACHINE), roleArn: 'arn:aws:iam::000000000000:role/any' }),
  );
  machine = made.stateMachineArn ?? '';
  queue = (await sqs.send(new CreateQueueCommand({ QueueName: 'heard' }))).QueueUrl ?? '';
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }));
  await events.send(new CreateEventBusCommand({ Name: 'sluice' }));
  await events.send(new PutRuleCommand({ Name: 'all', EventBusName: 'sluice', EventPattern: JSON.stringify({ source: ['sluice'] }) }));
  await events.send(
    new PutTargetsCommand({ Rule: 'all', EventBusName: 'sluice', Targets: [{ Id: 'queue', Arn: Attributes?.QueueArn ?? '' }] }),
  );

  const bell = dynamoBell(dynamo, 'bell');
  ring = async (intent: string, tenant: string) => {
    await bell.ring(intent, tenant);
    rung.push({ intent, tenant, rungAt: new Date() });
  };
  plane = controlPlane({ pool: postgres.pool, bell: { ring } });
  const s3 = new S3Client(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: 'evidence' }));
  evidence = s3Evidence(s3, 'evidence');
  const audit = { sealing: postgresAuditSealing(postgres.pool), evidence: s3EvidenceKeeping(s3, 'evidence') };
  const outbox = readOutbox({
    outbox: postgresOutbox(postgres.pool),
    webhooks: webhookBook(plane),
    standings: standings(plane),
    seal: (tenant) => sealAudit(audit, tenant),
  });
  publishing = {
    // Through JSON, as the invocation of the reading function does it.
    ask: async ({ tenant, intent }) => JSON.parse(JSON.stringify(await outbox({ tenant, intent }))),
    mark: async (tenant, published) => void (await outbox({ tenant, published })),
    seal: async (tenant) => void (await outbox({ tenant, seal: true })),
    silence: bell.silence,
    unheard: bell.unheard,
    deliver: deliverTo({
      bus: eventBus(events, 'sluice'),
      orchestrator: stepFunctions(sfn),
      memberships: dynamoMemberships(dynamo, 'membership'),
      openMachines,
      stateMachines: { training: machine },
      schedule: orderSchedule({
        schedules: eventBridgeSchedules(scheduler, {
          group: GROUP,
          roleArn: 'arn:aws:iam::000000000000:role/schedules',
          deadLetterArn: 'arn:aws:sqs:us-east-1:000000000000:missed',
        }),
        dueRuns,
        stateMachines: { 'drift-scan': machine },
        newestOrder: async (tenant, scheduled) => newestOrderIn(JSON.parse(JSON.stringify(await outbox({ tenant, scheduled })))),
      }),
      warn: (message) => void warnings.push(message),
    }),
    check: async () => 'nobody is checked here',
    now: Date.now,
  };
});
afterAll(() => Promise.all([postgres.stop(), aws.stop()]));

const newestOrderIn = ({ order }: { readonly order: KeptOrder | null }) => order ?? undefined;
const silent = { info: () => undefined, error: () => undefined };

/** What the bell table's stream hands over. */
function streamOf(bells: readonly Rung[]): DynamoDBStreamEvent {
  const Records = bells.map(({ intent, tenant, rungAt }, index) => ({
    eventName: 'INSERT' as const,
    dynamodb: {
      SequenceNumber: String(index),
      NewImage: { pk: { S: intent }, tenant: { S: tenant }, rungAt: { N: String(rungAt.getTime()) } },
    },
  }));
  return { Records };
}

async function bellIsSilent({ intent }: Rung): Promise<boolean> {
  return (await dynamo.send(new GetItemCommand({ TableName: 'bell', Key: { pk: { S: intent } } }))).Item === undefined;
}

async function someone(): Promise<Context> {
  const { id } = await postgres.newTenant();
  return {
    tenant: id,
    principal: { id: 'ada', kind: 'user', roles: [] },
    now: new Date(),
    requestId: 'r',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  };
}

async function write(ctx: Context, facts: readonly Recorded[]): Promise<Rung> {
  await plane.write(ctx, {}, async (tx) => {
    for (const fact of facts) tx.record(fact);
  });
  return rung.findLast(({ tenant }) => tenant === ctx.tenant) as Rung;
}

async function heard(subject: string): Promise<Record<string, unknown>[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }));
  return Messages.map(({ Body = '{}' }) => JSON.parse(Body).detail).filter((event) => event.subject === subject);
}

describe('the publisher', () => {
  it('takes every message of a committed write to its place, once it is told twice', async () => {
    const ctx = await someone();
    const name = randomUUID();
    const input = { tenant: ctx.tenant, execution: name };
    const bell = await write(ctx, [
      { type: 'execution.queued.v1', subject: `execution/${name}`, data: { n: 1 } },
      {
        type: 'execution.ordered.v1',
        subject: `execution/${name}`,
        destination: 'execution',
        data: { stateMachine: 'training', name, input },
      },
      { type: 'approval.answered.v1', subject: 'approval/1', destination: 'task', data: { taskToken: 'nobody-waits', output: {} } },
    ]);
    const publish = publishBells(publishing, silent);
    expect(await publish(streamOf([bell, bell]))).toEqual({ batchItemFailures: [] });
    expect(await bellIsSilent(bell)).toBe(true);
    expect(await publish(streamOf([bell]))).toEqual({ batchItemFailures: [] });
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }));
    expect(executions.filter((execution) => execution.name === name)).toHaveLength(1);
    expect(warnings).toContain('nobody waits for the answer any more');
    const [event] = await heard(`execution/${name}`);
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
    const ctx = await someone();
    const waited = { machine: 'training', name: randomUUID() };
    await openMachines.enter({ ...waited, tenant: ctx.tenant, input: {}, traceparent: null });
    await openMachines.waitsFor(waited, { dueAt: new Date(Date.now() + 60_000), longFrom: new Date(0) });
    const metrics = { singleMetric: () => ({ addMetric: (name: string, _: string, value: number) => void counted.push([name, value]) }) };
    const [counted, named]: [unknown[], unknown[]] = [[], []];
    const logger = { warn: (...line: readonly unknown[]) => void named.push(line) };
    const props = { dueRuns, openMachines, logger, metrics: metrics as unknown as CountOverdueProps['metrics'], now: Date.now };
    expect(await countOverdue(props)()).toMatchObject({ approvals: 1 });
    expect(counted).toEqual([['ApprovalsWaiting', 1]]);
    expect(named).toEqual([['an approval waits', { tenant: ctx.tenant, execution: waited.name, dueAt: expect.stringMatching(/Z$/) }]]);
    const answer = { taskToken: 'nobody-waits', output: {}, waited };
    const bell = await write(ctx, [{ type: 'approval.answered.v1', subject: 'approval/2', destination: 'task', data: answer }]);
    expect(await publishBells(publishing, silent)(streamOf([bell, bell]))).toEqual({ batchItemFailures: [] });
    expect(await countOverdue(props)()).toMatchObject({ approvals: 0 });
    expect(counted).toHaveLength(1);
  });

  it('reports a bell whose message cannot be delivered, keeps it ringing, and later repeats only what is missing', async () => {
    const ctx = await someone();
    const order = { stateMachine: 'training', name: randomUUID(), input: {} };
    const bell = await write(ctx, [
      { type: 'one.v1', subject: 'thing/1', data: {} },
      { type: 'two.v1', subject: 'thing/1', destination: 'execution', data: order },
    ]);
    const delivered: string[] = [];
    const flaky = (broken: boolean): Publishing => ({
      ...publishing,
      deliver: async (tenant, message) => {
        if (broken && message.type === 'two.v1') throw new Error('Step Functions is away');
        await publishing.deliver(tenant, message);
        delivered.push(message.type);
      },
    });
    expect(await publishBells(flaky(true), silent)(streamOf([bell]))).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
    expect(await bellIsSilent(bell)).toBe(false);
    expect(await publishBells(flaky(false), silent)(streamOf([bell]))).toEqual({ batchItemFailures: [] });
    expect(delivered).toEqual(['one.v1', 'two.v1']);
  });

  it('seals the audit of a write; where it cannot, no other bell waits, and the sweep comes to it', async () => {
    const ctx = await someone();
    const bell = await write(ctx, [{ type: 'one.v1', subject: 'thing/1', data: {} }]);
    const delivered: string[] = [];
    const unsealing: Sweeping = {
      ...publishing,
      deliver: async (_, { type }) => void delivered.push(type),
      seal: async () => {
        throw new Error('S3 is away');
      },
      now: () => Date.now() + 120_000,
    };
    expect(await publishBells(unsealing, silent)(streamOf([bell]))).toEqual({ batchItemFailures: [] });
    expect(await bellIsSilent(bell)).toBe(false);
    await expect(sweepBells(unsealing, silent)()).rejects.toThrow(/could not be published/);
    await sweepBells({ ...unsealing, seal: publishing.seal }, silent)();
    expect([await bellIsSilent(bell), delivered]).toEqual([true, ['one.v1']]);
    const verdict = await verifyAuditChain({ pool: postgres.pool, tenant: ctx.tenant, evidence });
    expect(verdict).toEqual({ sealed: 1, evidence: 1 });
  });

  it('silences the bell of a write that was rolled back', async () => {
    const ctx = await someone();
    const bells = rung.length;
    const bell = { intent: randomUUID(), tenant: ctx.tenant, rungAt: new Date() };
    await dynamoBell(dynamo, 'bell').ring(bell.intent, bell.tenant);
    expect(await publishBells(publishing, silent)(streamOf([bell]))).toEqual({ batchItemFailures: [] });
    expect(await bellIsSilent(bell)).toBe(true);
    expect(rung.length).toBe(bells);
  });

  it('projects members in any order of arrival, and does not bring back the removed', async () => {
    const ctx = await someone();
    const put = (roles: readonly ('admin' | 'viewer')[]) => putMemberOf(ctx, roles);
    const bells = [await put(['viewer']), await put(['admin', 'viewer'])];
    await putMemberOf(ctx, ['admin'], 'root').then((bell) => publishBells(publishing, silent)(streamOf([bell])));
    await publishBells(publishing, silent)(streamOf(bells.slice(1)));
    await publishBells(publishing, silent)(streamOf(bells.slice(0, 1)));
    const memberships = dynamoMemberships(dynamo, 'membership');
    expect(await memberships.of('member')).toMatchObject([{ tenant: ctx.tenant, roles: ['admin', 'viewer'] }]);
    await plane.write(ctx, {}, (tx) => removeMember(tx, ctx, { principal: 'member' }));
    await publishBells(publishing, silent)(streamOf([rung.at(-1) as Rung]));
    expect(await memberships.of('member')).toEqual([]);
  });

  async function putMemberOf(ctx: Context, roles: readonly ('admin' | 'viewer')[], principal = 'member'): Promise<Rung> {
    await plane.write(ctx, {}, (tx) => putMember(tx, ctx, { principal, kind: 'user', displayName: principal, roles }));
    return rung.at(-1) as Rung;
  }
});

describe('an order to administer', () => {
  it('rings again when the first ring was lost, also for a change that an earlier order made', async () => {
    const { id, slug } = await postgres.newTenant();
    const deaf = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
    const order = administer({ plane: deaf, outbox: postgresOutbox(postgres.pool), bell: { ring } });
    const put = { action: 'put-member', tenant: slug, principal: 'late', kind: 'user', displayName: 'Late', roles: ['viewer'] };
    const before = rung.length;
    const [made] = await Promise.all([
      order(put, { awsRequestId: 'r' }),
      (async () => {
        while (rung.length === before) await new Promise((next) => setTimeout(next, 20));
        await publishBells(publishing, silent)(streamOf(rung.slice(before)));
      })(),
    ]);
    expect(made.member).toMatchObject({ revision: 1 });
    expect(await dynamoMemberships(dynamo, 'membership').of('late')).toMatchObject([{ tenant: id, roles: ['viewer'] }]);
  });

  it('opens a tenant once and answers when the authorizer can see it', async () => {
    const outbox = postgresOutbox(postgres.pool);
    const order = administer({ plane, outbox, bell: { ring } });
    const lambda = { awsRequestId: 'r' };
    const slug = `t-${randomUUID().slice(0, 8)}`;
    const create = { action: 'create-tenant', slug, name: 'T', admin: { principal: 'boss', kind: 'user', displayName: 'Boss' } };
    const before = rung.length;
    const [made] = await Promise.all([
      order(create, lambda),
      (async () => {
        while (rung.length === before) await new Promise((next) => setTimeout(next, 20));
        await publishBells(publishing, silent)(streamOf(rung.slice(before)));
      })(),
    ]);
    expect(await dynamoMemberships(dynamo, 'membership').of('boss')).toMatchObject([
      { tenantSlug: slug, tenant: made.tenant, roles: ['admin'] },
    ]);
    expect(await order(create, lambda)).toEqual(made);
    await expect(
      order({ action: 'put-member', tenant: 'no-such', principal: 'x', kind: 'user', displayName: 'X', roles: ['viewer'] }, lambda),
    ).rejects.toMatchObject({ name: 'not_found' });
    await expect(order({ ...create, slug: 'Bad Slug' }, lambda)).rejects.toThrow(/slug/);
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: 'bell' }));
    expect(Items.length).toBeLessThanOrEqual(1);
  });
});

describe('an order for a machine that resumes', () => {
  const named = async (name: string) => {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }));
    return executions.filter((execution) => execution.name?.startsWith(name)).map((execution) => `${execution.name}: ${execution.status}`);
  };

  it('starts it once while it runs, and anew when it was lost', async () => {
    const [ctx, name] = [await someone(), randomUUID()];
    const data = { stateMachine: 'training', name, input: { n: 1 }, resumes: true };
    const order: Recorded = { type: 'rollout.ordered.v1', subject: `rollout/${name}`, destination: 'execution', data };
    const say = async () => publishBells(publishing, silent)(streamOf([await write(ctx, [order])]));
    const stop = (which: string) =>
      sfn.send(new StopExecutionCommand({ executionArn: `${machine.replace(':stateMachine:', ':execution:')}:${which}` }));
    await say();
    await say();
    expect(await named(name)).toEqual([`${name}: RUNNING`]);
    await stop(name);
    await say();
    await say();
    expect((await named(name)).sort()).toEqual([`${name}.2: RUNNING`, `${name}: ABORTED`]);
    await stop(`${name}.2`);
    await say();
    expect((await named(name)).sort()).toEqual([`${name}.2: ABORTED`, `${name}.3: RUNNING`, `${name}: ABORTED`]);
  });

  it('leaves alone one that ended well, and gives up on one that never does', async () => {
    const started: string[] = [];
    const looking = (status: string) => ({
      look: async () => ({ status, error: undefined, cause: undefined }),
      start: async (_: string, name: string) => void started.push(name),
    });
    const order = { name: 'it', input: {}, traceparent: null };
    await startOrResume(looking('SUCCEEDED'), machine, order);
    await startOrResume(looking('FAILED'), machine, order);
    expect(started).toEqual([]);
  });
});

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
  const told = (bells: readonly Rung[]) => publishBells(publishing, silent)(streamOf(bells));
  const look = (monitor: string) =>
    scheduler.send(new GetScheduleCommand({ Name: monitor, GroupName: GROUP })).then(
      ({ State, ScheduleExpression }) => `${State} ${ScheduleExpression}`,
      (error: Error) => error.name,
    );

  it('make it, change it, pause it and end it', async () => {
    const [ctx, monitor] = [await someone(), randomUUID()];
    const say = async (...facts: readonly Recorded[]) => told([await write(ctx, facts)]);
    expect(await say(order(monitor, 'enabled'))).toEqual({ batchItemFailures: [] });
    expect(await scheduler.send(new GetScheduleCommand({ Name: monitor, GroupName: GROUP }))).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'rate(5 minutes)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Description: `monitor/${monitor}, order 1`,
      Target: {
        Arn: machine,
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
    const [ctx, monitor] = [await someone(), randomUUID()];
    const say = async (...orders: readonly Parameters<typeof order>[]) => {
      for (const each of orders) await told([await write(ctx, [order(...each)])]);
    };
    const late = async (minutes: number) => {
      const [named, counted]: [object[], number[]] = [[], []];
      const logger = { warn: (_: unknown, ...facts: readonly unknown[]) => void named.push(...(facts as object[])) };
      const metrics = { singleMetric: () => ({ addMetric: (_: string, __: string, value: number) => void counted.push(value) }) };
      const props = { dueRuns, openMachines, logger, metrics: metrics as unknown as CountOverdueProps['metrics'] };
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
    const [ctx, monitor] = [await someone(), randomUUID()];
    const bells = [await write(ctx, [order(monitor, 'enabled')]), await write(ctx, [order(monitor, 'disabled')])];
    const last = await write(ctx, [order(monitor, 'enabled', 'rate(1 hour)')]);
    await told([last]);
    await told(bells.slice(1));
    await told(bells.slice(0, 1));
    expect(await look(monitor)).toBe('ENABLED rate(1 hour)');
    const early = await write(ctx, [order(monitor, 'disabled')]);
    await told([await write(ctx, [order(monitor, 'deleted')])]);
    await told([early]);
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
      stateMachines: { 'drift-scan': machine },
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

describe('the sweep', () => {
  const MINUTES = 60_000;
  const later = (minutes: number): Sweeping => ({ ...publishing, now: () => Date.now() + minutes * MINUTES });
  const sweep = (sweeping: Sweeping) => sweepBells(sweeping, silent)();
  const emptied = async () => {
    const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: 'bell' }));
    await Promise.all(Items.map(async ({ pk = { S: '' } }) => dynamo.send(new DeleteItemCommand({ TableName: 'bell', Key: { pk } }))));
  };
  const order = (name: string): Recorded => ({
    type: 'execution.ordered.v1',
    subject: `execution/${name}`,
    destination: 'execution',
    data: { stateMachine: 'training', name, input: {} },
  });

  it('asks nobody when no bell hangs there', async () => {
    await emptied();
    const asleep: Sweeping = { ...later(2), ask: () => Promise.reject(new Error('the database was woken')) };
    expect(await sweep(asleep)).toEqual({ published: 0, failed: 0 });
  });

  it('publishes a bell that the stream has lost, and leaves a fresh one to the stream', async () => {
    await emptied();
    const ctx = await someone();
    const name = randomUUID();
    const bell = await write(ctx, [order(name)]);
    expect(await sweep(later(0))).toEqual({ published: 0, failed: 0 });
    expect(await bellIsSilent(bell)).toBe(false);
    expect(await sweep(later(2))).toEqual({ published: 1, failed: 0 });
    expect(await bellIsSilent(bell)).toBe(true);
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }));
    expect(executions.filter((execution) => execution.name === name)).toHaveLength(1);
    expect(await sweep(later(2))).toEqual({ published: 0, failed: 0 });
  });

  it('reads every page, and one bad bell keeps no other waiting', async () => {
    await emptied();
    const ctx = await someone();
    const filler = 'x'.repeat(200_000);
    // More than the megabyte that one page of a scan holds; none of them is a bell that can be read.
    const bad = Array.from({ length: 6 }, (_, index) => `bad/${index}`);
    for (const pk of bad)
      await dynamo.send(new PutItemCommand({ TableName: 'bell', Item: { pk: { S: pk }, rungAt: { N: '1' }, filler: { S: filler } } }));
    const bells = [await write(ctx, [order(randomUUID())]), await write(ctx, [order(randomUUID())])];
    await expect(sweep(later(2))).rejects.toThrow('6 of 8 unheard bells');
    for (const bell of bells) expect(await bellIsSilent(bell)).toBe(true);
    await emptied();
  });
});
