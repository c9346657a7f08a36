import { randomUUID } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { dynamoRetainedTenants } from '#adapters/dynamodb/retained-tenants.ts';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { postgresProjections } from '#adapters/postgres/projections.ts';
import { putMember, putPolicy, removeMember } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { moveExecution } from '#core/pipelines/index.ts';
import { alertedScan } from '../../test/support/alerted-scan.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { newExecution } from '../../test/support/new-execution.ts';
import { newTable } from '../../test/support/new-table.ts';
import { openMachinesIn } from '../../test/support/open-machines.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type RebuildProps, rebuild } from './rebuild.ts';
import { rebuildWhen } from './rebuild-when.ts';

let postgres: TestPostgres;
let aws: TestAws;
let dynamo: DynamoDBClient;
let plane: ControlPlane;
let ctx: Context;
let slug: string;

beforeAll(async () => {
  [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  dynamo = new DynamoDBClient(aws.config);
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
});
afterAll(async () => {
  await postgres?.stop();
  await aws?.stop();
});
beforeEach(async () => {
  const tenant = await postgres.newTenant();
  slug = tenant.slug;
  ctx = { tenant: tenant.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
});

const DUE = new Date(Date.now() + 86_400_000);

/** Tables as a deployment makes them: empty. */
async function emptyTables() {
  const [bells, members, routes] = [
    await newTable(dynamo, ['pk']),
    await newTable(dynamo, ['pk', 'sk']),
    await newTable(dynamo, ['pk', 'sk']),
  ];
  const openMachines = await openMachinesIn(aws);
  const [memberships, routing] = [dynamoMemberships(dynamo, members), dynamoRouting(dynamo, routes)];
  const retainedTenants = dynamoRetainedTenants(dynamo, await newTable(dynamo, ['pk']));
  const props: RebuildProps = {
    plane,
    projections: postgresProjections(postgres.pool),
    bell: dynamoBell(dynamo, bells),
    memberships,
    routing,
    openMachines,
    retainedTenants,
    logger: { info: () => undefined, error: () => undefined },
  };
  const rung = async () => ((await dynamo.send(new ScanCommand({ TableName: bells }))).Items ?? []).map(({ pk }) => pk?.S ?? '');
  const open = async () => {
    const found: string[] = [];
    for await (const page of openMachines.all()) found.push(...page.map(({ pk }) => pk?.S ?? ''));
    return found.sort();
  };
  const waitingAt = async (now: Date) => {
    const found: string[] = [];
    for await (const page of openMachines.waitingLong(now)) found.push(...page.map(({ name }) => name));
    return found;
  };
  return { props, memberships, routing, rung, open, retainedTenants, waitingAt };
}

async function deployedModel(revisions: number) {
  return plane.write(ctx, {}, async (tx) => {
    const { id: modelId } = await tx.models.lock('delays', 'ada');
    const none = { runId: null, executionId: null, datasetVersionId: null, evaluationId: null, profileKey: null, trainingKey: null };
    const kept = { artifactKey: 'a', artifactSha256: 'a'.repeat(64), artifactBytes: 5, signatureKey: 's', signature: {} };
    const version = await tx.modelVersions.add(modelId, { ...none, ...kept }, 'ada', ctx.now);
    const arms = [{ versionId: version.id, version: 1, artifactKey: 'a', signatureKey: 's', weight: 1 }];
    const change = { modelId, modelVersionId: version.id, rolloutId: null, rolloutStep: null, arms, unserved: 0 };
    for (let at = 0; at < revisions; at++) await tx.deployments.add(change, 'ada', ctx.now);
    return { tenant: ctx.tenant, model: 'delays', modelId, versionId: version.id, version: 1, artifactKey: 'a', signatureKey: 's', arms };
  });
}

describe('what DynamoDB holds', () => {
  it('is made anew from Postgres, and again with the same result', async () => {
    const { props, memberships, routing, rung, open, retainedTenants, waitingAt } = await emptyTables();
    await plane.write(ctx, {}, async (tx) => {
      for (const principal of ['ada', 'bob'])
        await putMember(tx, ctx, { principal, kind: 'user', displayName: principal, roles: ['admin'] });
      await removeMember(tx, ctx, { principal: 'bob' });
      await putPolicy(tx, ctx, { rules: { approvals: [], gates: [], retention: { batchDays: 7 } }, comment: 'why' });
    });
    const entry = await deployedModel(3);
    const { execution, ended, scan, monitorId } = await plane.write(ctx, {}, async (tx) => {
      const execution = await newExecution(tx, ctx);
      const ended = await newExecution(tx, ctx);
      await moveExecution(tx, ctx, ended, 'failed');
      await tx.approvals.request(
        { execution, requestedFor: 'it', author: 'ada', evidence: {}, expiresAt: DUE, policyVersion: 0, taskToken: 't' },
        ctx.now,
      );
      const { scan, monitorId } = await alertedScan(tx, ctx);
      const window = { from: new Date('2001-05-01'), to: new Date('2001-05-02') };
      await tx.scans.begin({ monitorId, window, asOf: window.to, run: 'this-run' }, ctx.now);
      const data = { stateMachine: 'retraining', name: scan, input: { tenant: ctx.tenant, scan }, resumes: true };
      tx.record({ type: 'retraining.ordered.v1', subject: `scan/${scan}`, destination: 'execution', data });
      const found = await tx.monitors.findById(monitorId);
      if (found) await tx.monitors.change(found, { settings: { ...found.settings, schedule: 'rate(1 hour)' } }, ctx.now);
      return { execution, ended, scan, monitorId };
    });

    const rebuildAll = rebuildWhen(rebuild(props), postgresOutbox(postgres.pool));
    const first = await rebuildAll({ action: 'rebuild', tenant: slug });
    expect(first).toEqual({ tenants: 1, members: 2, models: 1, bells: expect.any(Number), schedules: 1, machines: 3 });
    expect(await memberships.of('ada')).toMatchObject([{ tenant: ctx.tenant, tenantSlug: slug, roles: ['admin'] }]);
    expect(await memberships.of('bob')).toEqual([]);
    expect(await routing.read(ctx.tenant, 'delays')).toEqual({ ...entry, revision: 3, unserved: 0 });
    expect(await open()).toEqual([`drift-scan/this-run`, `retraining/${scan}`, `training/${execution}`].sort());
    expect(await open()).not.toContain(`training/${ended}`);
    const half = new Date((ctx.now.getTime() + DUE.getTime()) / 2);
    expect([await waitingAt(half), await waitingAt(new Date(half.getTime() + 1))]).toEqual([[], [execution]]);
    const inTwoHours = new Date(Date.now() + 7_200_000);
    expect(await retainedTenants.due(inTwoHours)).toMatchObject([{ tenant: ctx.tenant, policyVersion: 1, retention: { batchDays: 7 } }]);
    const { rows } = { rows: (await props.projections.of(ctx.tenant))?.intents ?? [] };
    expect(rows.length).toBeGreaterThan(0);
    const heard = await rung();
    // The order for the schedule was given after the bells of what was there, and has one of its own where the plane rings.
    for (const intent of rows.slice(0, -1)) expect(heard).toContain(intent);
    expect(await newestSchedule(monitorId)).toMatchObject({ data: { state: 'enabled', expression: 'rate(1 hour)', name: monitorId } });

    expect(await rebuildAll({ RequestType: 'Create' })).toMatchObject({
      PhysicalResourceId: 'rebuilt',
      Data: { machines: expect.any(Number) },
    });
    expect(await rebuildAll({ action: 'rebuild', tenant: slug })).toMatchObject({ members: 2, models: 1, schedules: 1, machines: 0 });
    expect(await routing.read(ctx.tenant, 'delays')).toEqual({ ...entry, revision: 3, unserved: 0 });
    expect(await open()).toContain(`training/${execution}`);
  });

  const newestSchedule = (monitor: string) => postgresOutbox(postgres.pool).newestSchedule(ctx.tenant, `monitor/${monitor}`);

  it('has the events of the last minute told again, and nothing older or of another kind', async () => {
    const { props } = await emptyTables();
    const outbox = postgresOutbox(postgres.pool);
    const told = async (ms: number, destination: 'bus' | 'task') => {
      await plane.write(ctx, {}, async (tx) => tx.record({ type: 'it.v1', subject: `it/${ms}/${destination}`, destination, data: {} }));
      const [intent = ''] = await outbox.waiting(ctx.tenant, `it/${ms}/${destination}`);
      const read = await outbox.read(ctx.tenant, intent, 1000);
      const ids = read.state === 'ended' ? read.messages.map(({ id }) => id) : [];
      await outbox.published(ctx.tenant, ids, new Date(Date.now() - ms));
      return intent;
    };
    const [recent] = [await told(1000, 'bus'), await told(600_000, 'bus'), await told(1000, 'task')];
    await rebuild(props)(ctx.tenant);
    expect((await props.projections.of(ctx.tenant))?.intents).toEqual([recent]);
  });

  it('is never taken back to what was before', async () => {
    const { props, memberships, routing } = await emptyTables();
    await plane.write(ctx, {}, (tx) => putMember(tx, ctx, { principal: 'eve', kind: 'user', displayName: 'Eve', roles: ['viewer'] }));
    const entry = await deployedModel(1);
    const newer = { principal: 'eve', kind: 'user', tenant: ctx.tenant, tenantSlug: slug, roles: ['admin'], revision: 7 } as const;
    await memberships.project(newer);
    await routing.write({ ...entry, unserved: 0.5, revision: 7 });
    // The same revision that says something else stays too.
    const other = await deployedModelElsewhere();
    await routing.write({ ...other, unserved: 0.5, revision: 1 });
    await rebuild(props)(ctx.tenant);
    expect(await memberships.of('eve')).toMatchObject([{ roles: ['admin'] }]);
    expect(await routing.read(ctx.tenant, 'delays')).toMatchObject({ revision: 7, unserved: 0.5 });
    expect(await routing.read(ctx.tenant, 'other')).toMatchObject({ revision: 1, unserved: 0.5 });
  });

  async function deployedModelElsewhere() {
    const made = await deployedModel(1);
    const { id } = await plane.write(ctx, {}, (tx) => tx.models.lock('other', 'ada'));
    return { ...made, model: 'other', modelId: id };
  }

  it('is made anew for every tenant, also when one of them fails', async () => {
    const { props, memberships } = await emptyTables();
    const others = [ctx, { ...ctx, tenant: (await postgres.newTenant()).id }];
    for (const each of others)
      await plane.write(each, {}, (tx) => putMember(tx, each, { principal: 'all', kind: 'user', displayName: 'All', roles: ['viewer'] }));
    const of = async (tenant: string) => {
      if (tenant === ctx.tenant) throw new Error('this one is broken');
      return props.projections.of(tenant);
    };
    await expect(rebuild({ ...props, projections: { ...props.projections, of } })()).rejects.toThrow(`first ${ctx.tenant}`);
    expect(await memberships.of('all')).toMatchObject([{ tenant: others[1]?.tenant }]);
    expect(await rebuild(props)()).toMatchObject({ tenants: expect.any(Number) });
    expect(await memberships.of('all')).toHaveLength(2);
  });

  it('is left alone by a deletion, by other orders, and for a tenant there is not', async () => {
    const { props } = await emptyTables();
    const when = rebuildWhen(rebuild(props), postgresOutbox(postgres.pool));
    expect(await when({ RequestType: 'Delete' })).toEqual({ PhysicalResourceId: 'rebuilt', Data: {} });
    expect(await when({ action: 'put-member' })).toBeUndefined();
    await expect(when({ action: 'rebuild', tenant: 'no-such-tenant' })).rejects.toMatchObject({ name: 'not_found' });
  });
});
