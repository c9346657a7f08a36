import { randomUUID } from 'node:crypto';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenMachine } from '#adapters/dynamodb/open-machines.ts';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import type { Context } from '#core/kernel/index.ts';
import { moveExecution } from '#core/pipelines/index.ts';
import { failRetraining } from '#core/retraining/index.ts';
import { standings } from '#functions/read-outbox/standings.ts';
import { alertedScan } from '../../test/support/alerted-scan.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { newExecution } from '../../test/support/new-execution.ts';
import { openMachinesIn } from '../../test/support/open-machines.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import type { Recovering } from './recover-machine.ts';
import { recoverOpen } from './recover-open.ts';

const MACHINE = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } };
const MINUTES = 60_000;

let postgres: TestPostgres;
let aws: TestAws;
let sfn: SFNClient;
let arn: string;
let plane: ControlPlane;
let ctx: Context;
let openMachines: Awaited<ReturnType<typeof openMachinesIn>>;
let asked: string[];
let recorded: object[];
let lines: object[];

beforeAll(async () => {
  [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  sfn = new SFNClient(aws.config);
  const made = await sfn.send(
    new CreateStateMachineCommand({ name: 'any', definition: JSON.stringify(MACHINE), roleArn: 'arn:aws:iam::000000000000:role/any' }),
  );
  arn = made.stateMachineArn ?? '';
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
});
afterAll(async () => {
  await postgres?.stop();
  await aws?.stop();
});
beforeEach(async () => {
  const tenant = await postgres.newTenant();
  ctx = { tenant: tenant.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
  openMachines = await openMachinesIn(aws);
  [asked, recorded, lines] = [[], [], []];
});

const orchestrator = () => stepFunctions(sfn);
const recovering = (minutes = 2): Recovering => {
  const record = async (event: object) => void recorded.push(event);
  const all = standings(plane);
  return {
    orchestrator: orchestrator(),
    openMachines,
    stateMachines: { training: arn, 'drift-scan': arn, retraining: arn },
    recorders: { training: record, 'drift-scan': record, retraining: record },
    standing: async ({ machine, name, tenant }) => {
      asked.push(name);
      return JSON.parse(JSON.stringify(await all[machine as 'training'](tenant, name)));
    },
    now: () => Date.now() + minutes * MINUTES,
  };
};
const logger = { info: (_: unknown, ...facts: readonly unknown[]) => void lines.push(...(facts as object[])), error: () => undefined };
const recover = (minutes?: number) => recoverOpen(recovering(minutes), logger)();
const executionArn = (name: string) => `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
const statusOf = async (name: string) => (await sfn.send(new DescribeExecutionCommand({ executionArn: executionArn(name) }))).status;
const started = async (name: string) => {
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: arn }));
  return executions.flatMap((one) => (one.name?.startsWith(name) ? [one.name] : [])).sort();
};
const open = async () => {
  const found: unknown[] = [];
  for await (const page of openMachines.all()) found.push(...page.map((item) => item['name']?.S));
  return found;
};

async function ordered(machine: string, name: string, input: Readonly<Record<string, unknown>>): Promise<void> {
  await openMachines.enter({ machine, name, tenant: ctx.tenant, input: { tenant: ctx.tenant, ...input }, traceparent: null });
}

async function execution(): Promise<string> {
  const id = await plane.write(ctx, {}, (tx) => newExecution(tx, ctx));
  await ordered('training', id, { execution: id });
  return id;
}

describe('the recovery of what is open', () => {
  it('asks nobody while nothing is open, and no database while all of it runs', async () => {
    const asleep: Recovering = { ...recovering(), standing: () => Promise.reject(new Error('the database was woken')) };
    expect(await recoverOpen(asleep, logger)()).toEqual({ looked: 0, recovered: 0, failed: 0 });
    const id = await execution();
    await orchestrator().start(arn, id, { tenant: ctx.tenant, execution: id }, null);
    expect(await recoverOpen(asleep, logger)()).toEqual({ looked: 1, recovered: 0, failed: 0 });
    expect(await statusOf(id)).toBe('RUNNING');
  });

  it('leaves an order alone that was given just now', async () => {
    const id = await execution();
    expect(await recover(0)).toEqual({ looked: 1, recovered: 0, failed: 0 });
    expect(await started(id)).toEqual([]);
  });

  it('orders again what Step Functions does not know, once however many look, and forgets what has ended', async () => {
    const id = await execution();
    await Promise.all([recover(), recover(), recover()]);
    expect(await started(id)).toEqual([id]);
    expect(lines).toContainEqual({
      machine: 'training',
      name: id,
      tenant: ctx.tenant,
      action: 'start',
      seen: 'unknown',
      standing: 'open',
      starts: 1,
    });
    expect(JSON.parse((await sfn.send(new DescribeExecutionCommand({ executionArn: executionArn(id) }))).input ?? '')).toEqual({
      tenant: ctx.tenant,
      execution: id,
    });
    await plane.write(ctx, {}, (tx) => moveExecution(tx, ctx, id, 'failed'));
    asked = [];
    await recover();
    // Its machine still runs: nothing is done about it, and Postgres is not asked.
    expect([await open(), asked]).toEqual([[id], []]);
    await sfn.send(new StopExecutionCommand({ executionArn: executionArn(id) }));
    await recover();
    expect([await open(), recorded]).toEqual([[], []]);
    expect(await recover()).toEqual({ looked: 0, recovered: 0, failed: 0 });
  });

  it('records what ended and told nobody, with its reason', async () => {
    const id = await execution();
    await orchestrator().start(arn, id, {}, null);
    await sfn.send(new StopExecutionCommand({ executionArn: executionArn(id), error: 'wrong', cause: 'not this data' }));
    await recover();
    expect(recorded).toEqual([
      { tenant: ctx.tenant, execution: id, step: 'record-failure', error: 'execution_stopped', cause: 'wrong: not this data' },
    ]);
  });

  it('keeps an entry that was ordered again while it was looked at', async () => {
    const id = await execution();
    const [seen] = await entries();
    await new Promise((later) => setTimeout(later, 5));
    await ordered('training', id, { execution: id });
    await openMachines.forget(seen as OpenMachine);
    expect(await open()).toEqual([id]);
  });

  it('expires a decision whose deadline has passed, whether its machine runs or not, and asks but once where it fell in time', async () => {
    const [waiting, decided] = [await execution(), await execution()];
    for (const id of [waiting, decided]) {
      await orchestrator().start(arn, id, {}, null);
      await openMachines.waitsFor({ machine: 'training', name: id }, { dueAt: ctx.now, longFrom: ctx.now });
      await plane.write(ctx, {}, async (tx) => {
        const { id: approval } = await tx.approvals.request(
          { execution: id, requestedFor: 'it', author: 'ada', evidence: {}, expiresAt: ctx.now, policyVersion: 0, taskToken: 't' },
          ctx.now,
        );
        if (id === decided) await tx.approvals.decide(approval, { status: 'approved', by: 'bob', comment: '', policyVersion: 0 }, ctx.now);
      });
    }
    await recover();
    expect(recorded).toMatchObject([{ execution: waiting, step: 'record-failure', error: 'approval_expired' }]);
    asked = [];
    await recover();
    expect(asked).toEqual([waiting]);
    expect((await open()).sort()).toEqual([waiting, decided].sort());
  });

  it('knows which decisions have been waited for for long, until they have fallen or nobody waits', async () => {
    const [waiting, other, ended] = [await execution(), await execution(), await execution()];
    const at = (minutes: number) => new Date(ctx.now.getTime() + minutes * MINUTES);
    const long = async (minutes: number) => {
      const found: unknown[] = [];
      for await (const page of openMachines.waitingLong(at(minutes))) found.push(...page);
      return found;
    };
    const waits = { dueAt: at(120), longFrom: at(60) };
    for (const name of [waiting, ended, randomUUID()]) await openMachines.waitsFor({ machine: 'training', name }, waits);
    const entry = (name: string) => ({ machine: 'training', name, tenant: ctx.tenant });
    for (const each of await entries()) if (each.name === ended) await openMachines.forget(each);
    expect(await long(59)).toEqual([]);
    expect(await long(61)).toEqual([{ ...entry(waiting), dueAt: at(120) }]);
    await openMachines.waitsNoLonger({ ...entry(waiting), tenant: randomUUID() });
    await openMachines.waitsNoLonger(entry(other));
    expect(await long(61)).toHaveLength(1);
    await openMachines.waitsNoLonger(entry(waiting));
    await openMachines.waitsNoLonger(entry(waiting));
    expect(await long(1000)).toEqual([]);
    expect((await open()).sort()).toEqual([waiting, other].sort());
  });

  it('takes a run of scans on while one of them is under way, and ends each of them when nobody can', async () => {
    const scan = await plane.write(ctx, {}, (tx) => alertedScan(tx, ctx));
    const run = randomUUID();
    await ordered('drift-scan', run, { monitor: scan.monitorId });
    await recover();
    // Nothing of it has begun: the order was lost. Once its machine has ended that is well, because nothing was due.
    expect(await started(run)).toEqual([run]);
    await sfn.send(new StopExecutionCommand({ executionArn: executionArn(run) }));
    await recover();
    expect([await open(), recorded]).toEqual([[], []]);
    const window = { from: new Date('2001-01-01'), to: new Date('2001-01-02') };
    const begun = await plane.write(ctx, {}, (tx) => tx.scans.begin({ monitorId: scan.monitorId, window, asOf: window.to, run }, ctx.now));
    await ordered('drift-scan', run, { monitor: scan.monitorId });
    await recover();
    expect(recorded).toMatchObject([{ scan: begun?.id, monitor: scan.monitorId, step: 'record-failure', error: 'execution_stopped' }]);
  });

  it('asks again for a decision about retraining until there is one', async () => {
    const { scan: id } = await plane.write(ctx, {}, (tx) => alertedScan(tx, ctx));
    await ordered('retraining', id, { scan: id });
    await recover();
    expect(await started(id)).toEqual([id]);
    await sfn.send(new StopExecutionCommand({ executionArn: executionArn(id) }));
    await recover();
    expect(recorded).toMatchObject([{ scan: id, step: 'record-failure' }]);
    const decide = () => plane.write(ctx, {}, (tx) => failRetraining(tx, ctx, { scan: id, sentence: 'nothing was decided' }));
    expect(await decide()).toMatchObject({ decision: 'refuse', reason: 'machine_failed', executionId: null });
    expect((await decide()).id).toBe((await plane.read(ctx, (tx) => tx.retrainings.ofScan(id)))?.id);
    await recover();
    expect(await open()).toEqual([]);
  });

  it('lets one entry that cannot be read keep no other waiting, and says so', async () => {
    const id = await execution();
    await ordered('no-such-machine', randomUUID(), {});
    await expect(recover()).rejects.toThrow('1 of 2 open machines');
    expect(await started(id)).toEqual([id]);
  });
});

async function entries(): Promise<readonly OpenMachine[]> {
  const { openMachineFrom } = await import('#adapters/dynamodb/open-machines.ts');
  const found: OpenMachine[] = [];
  for await (const page of openMachines.all()) found.push(...page.map(openMachineFrom));
  return found;
}
