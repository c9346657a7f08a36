import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatasetVersion } from '#core/data/index.ts';
import { startRun } from '#core/experiments/index.ts';
import { type Approval, decideApproval, putMember, removeMember } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { goLive, registerVersion, setAlias, setModelTags } from '#core/registry/index.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type ControlPlane, controlPlane } from './control-plane.ts';

let postgres: TestPostgres;
let plane: ControlPlane;
let ctx: Context;
const sha = (digit: string) => digit.repeat(64);

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const { id } = await postgres.newTenant();
  ctx = as('ada', id);
});
afterAll(() => postgres.stop());

function as(id: string, tenant = ctx.tenant, kind: 'user' | 'service' = 'user'): Context {
  return { tenant, principal: { id, kind, roles: [] }, now: new Date(), requestId: randomUUID() };
}

async function anExecution(): Promise<string> {
  const dataset = await plane.write(ctx, {}, (tx) =>
    createDatasetVersion(tx, ctx, { dataset: 'flights', sha256: sha('d'), bytes: 10, format: 'parquet', objectKey: 'k' }),
  );
  return plane.write(ctx, {}, async (tx) => {
    const { id } = await tx.pipelines.lock('flights', 'ada');
    const definition = {} as never;
    const version =
      (await tx.pipelines.versionBySource(id, sha('e'))) ??
      (await tx.pipelines.addVersion(id, { source: 's', sourceSha256: sha('e'), definition, createdBy: 'ada' }));
    const execution = {
      pipelineVersionId: version.id,
      datasetVersionId: dataset.id,
      plan: {} as never,
      createdBy: 'ada',
      createdByKind: 'user' as const,
    };
    return (await tx.executions.add(execution, ctx.now)).id;
  });
}

const artifact = (executionId: string) => ({
  model: 'flights',
  runId: null,
  executionId,
  datasetVersionId: null,
  evaluationId: null,
  artifactKey: `models/${executionId}`,
  artifactSha256: sha('a'),
  artifactBytes: 5,
  signatureKey: 's',
  profileKey: null,
  trainingKey: null,
  signature: { version: 1 },
});

describe('dataset versions', () => {
  it('are numbered without gaps while writers race, and content that is there already is found', async () => {
    const create = (digit: string) =>
      plane.write(ctx, {}, (tx) =>
        createDatasetVersion(tx, ctx, { dataset: 'racing', sha256: sha(digit), bytes: 1, format: 'parquet', objectKey: digit }),
      );
    const made = await Promise.all(['1', '2', '3', '4', '1', '2'].map(create));
    expect(new Set(made.map(({ number }) => number))).toEqual(new Set([1, 2, 3, 4]));
    expect(made[0]?.number).toBe(made[4]?.number);
    const page = await plane.read(ctx, (tx) => tx.datasets.listVersions('racing', { limit: 2, before: 4 }));
    expect(page.map(({ number }) => number)).toEqual([3, 2]);
    expect(await plane.read(ctx, (tx) => tx.datasets.findVersion('racing'))).toMatchObject({ number: 4, bytes: 1 });
  });
});

describe('an evaluation', () => {
  const of = (id: string, execution: string, rows: number) => ({
    id,
    execution,
    artifactSha256: sha('a'),
    rowsSha256: sha('b'),
    rows,
    metrics: {},
    details: {},
    reportKey: 'k',
  });
  const add = (evaluation: ReturnType<typeof of>) => plane.write(ctx, {}, (tx) => tx.evaluations.add(evaluation, ctx.now));

  it('of the same inputs is found by every execution, whichever stored it first', async () => {
    const [first, second] = [await anExecution(), await anExecution()];
    const id = randomUUID();
    const raced = await Promise.all([add(of(id, first, 1)), add(of(id, second, 2))]);
    expect(raced[1]).toEqual(raced[0]);
    expect(await add(of(id, await anExecution(), 3))).toEqual(raced[0]);
  });

  it('stays the first one of its execution and artifact', async () => {
    const execution = await anExecution();
    const first = await add(of(randomUUID(), execution, 1));
    expect(await add(of(randomUUID(), execution, 2))).toEqual(first);
  });
});

describe('a version', () => {
  it('is registered once per execution, goes live, and retires the one before', async () => {
    const [first, second] = [await anExecution(), await anExecution()];
    const register = (execution: string) => plane.write(ctx, {}, (tx) => registerVersion(tx, ctx, artifact(execution)));
    const [one, again] = await Promise.all([register(first), register(first)]);
    expect(again.id).toBe(one.id);
    expect((await register(second)).number).toBe(2);
    const live = (version: number, execution: string) =>
      plane.write(ctx, {}, (tx) => goLive(tx, ctx, { model: 'flights', version, execution, alias: 'champion' }));
    const entry = await live(1, first);
    expect(entry).toMatchObject({ tenant: ctx.tenant, model: 'flights', version: 1, revision: 1, arms: [{ version: 1, weight: 1 }] });
    expect(await live(2, second)).toMatchObject({ version: 2, revision: 2 });
    // A late retry of the first order gives its own entry, whose older revision the routing table ignores.
    expect(await live(1, first)).toEqual(entry);
    expect(await plane.read(ctx, (tx) => tx.modelVersions.find('flights', 1))).toMatchObject({
      stage: 'archived',
      deploymentStatus: 'retired',
    });
    expect(await plane.read(ctx, (tx) => tx.modelVersions.find('flights', 2))).toMatchObject({
      stage: 'production',
      deploymentStatus: 'live',
    });
    expect(await plane.read(ctx, (tx) => tx.models.find('flights'))).toMatchObject({
      aliases: { champion: 2 },
      liveVersion: 2,
      latestVersion: 2,
    });
    const back = await anExecution();
    expect(await live(1, back)).toMatchObject({ version: 1, revision: 3 });
  });

  it('is pointed at by aliases that two writers cannot move from the same revision', async () => {
    const point = (version: number, expectedRevision?: number) =>
      plane.write(ctx, {}, (tx) => setAlias(tx, ctx, { model: 'flights', alias: 'candidate', version, expectedRevision }));
    expect(await point(1)).toMatchObject({ number: 1, revision: 1 });
    expect(await point(1)).toMatchObject({ number: 1, revision: 1 });
    const race = await Promise.allSettled([point(2, 1), point(2, 1), point(2, 1)]);
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(point(9)).rejects.toMatchObject({ failure: { code: 'not_found' } });
    expect(await plane.write(ctx, {}, (tx) => setModelTags(tx, ctx, { model: 'flights', tags: { team: 'ops' } }))).toMatchObject({
      tags: { team: 'ops' },
    });
    expect(await plane.read(ctx, (tx) => tx.models.list({ limit: 5 }))).toMatchObject([{ name: 'flights', tags: { team: 'ops' } }]);
  });
});

describe('an approval', () => {
  async function pending(expiresInMs = 60_000): Promise<Approval> {
    const execution = await anExecution();
    const ask = { execution, requestedFor: 'x', author: 'ada', evidence: { auc: 0.7 }, expiresAt: new Date(Date.now() + expiresInMs) };
    await plane.write(ctx, {}, (tx) => tx.approvals.request({ ...ask, taskToken: 'old' }, ctx.now));
    return plane.write(ctx, {}, (tx) => tx.approvals.request({ ...ask, taskToken: 'new' }, ctx.now));
  }
  const decide = (approval: string, by: Context, decision: 'approved' | 'rejected' = 'approved') =>
    plane.write(by, {}, (tx) => decideApproval(tx, by, { approval, decision, comment: 'fine' }));

  it.each([
    { name: 'its author', by: () => as('ada'), code: 'approval_by_author' },
    { name: 'a service', by: () => as('robot', ctx.tenant, 'service'), code: 'approval_needs_a_user' },
    { name: 'another tenant', by: async () => as('eve', (await postgres.newTenant()).id), code: 'not_found' },
  ])('is not decided by $name', async ({ by, code }) => {
    const { id } = await pending();
    await expect(decide(id, await by())).rejects.toMatchObject({ name: code });
  });

  it('is decided once, with one answer to the machine under its newest token', async () => {
    const { id } = await pending();
    const outcomes = await Promise.allSettled([decide(id, as('bob')), decide(id, as('cyd'), 'rejected')]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(decide(id, as('bob'))).rejects.toMatchObject({ name: 'approval_decided' });
    const answers = await postgres.asOwner(async (client) => {
      await client.query(`select set_config('sluice.tenant', $1, false)`, [ctx.tenant]);
      return (await client.query(`select data from outbox where destination = 'task' and subject = $1`, [`approval/${id}`])).rows;
    });
    expect(answers).toMatchObject([{ data: { taskToken: 'new', output: { comment: 'fine' } } }]);
  });

  it('is too late after its time', async () => {
    const { id } = await pending(-1);
    await expect(decide(id, as('bob'))).rejects.toMatchObject({ name: 'approval_expired' });
  });

  it('is listed newest first, page by page', async () => {
    const all = await plane.read(ctx, (tx) => tx.approvals.list({ limit: 50 }));
    const [first, second] = all;
    expect(all.length).toBeGreaterThan(2);
    expect(await plane.read(ctx, (tx) => tx.approvals.list({ limit: 1, ...(first ? { before: first } : {}) }))).toEqual([second]);
    expect(await plane.read(ctx, (tx) => tx.approvals.list({ limit: 50, status: 'rejected' }))).toHaveLength(
      all.filter(({ status }) => status === 'rejected').length,
    );
  });
});

describe('a run', () => {
  it('starts once, keeps params, follows metrics by step', async () => {
    const id = randomUUID().replaceAll('-', '');
    const start = () => plane.write(ctx, {}, (tx) => startRun(tx, ctx, { id, experiment: 'flights', name: 'r', params: { depth: '3' } }));
    await start();
    await start();
    const at = (step: number, value: number) => ({ key: 'auc', step, value, timestamp: 1 });
    await plane.write(ctx, {}, (tx) => tx.runs.log(id, { metrics: [at(1, 0.6), at(2, Number.NaN)], tags: { a: 'b' } }));
    await plane.write(ctx, {}, (tx) =>
      tx.runs.log(id, { metrics: [at(0, 0.9), { key: 'loss', step: 0, value: Number.POSITIVE_INFINITY, timestamp: 1 }] }),
    );
    await expect(plane.write(ctx, {}, (tx) => tx.runs.log(id, { params: { depth: '4' } }))).rejects.toMatchObject({
      name: 'already_exists',
    });
    await plane.write(ctx, {}, (tx) => tx.runs.finish(id, 'FINISHED', 5));
    const found = await plane.read(ctx, (tx) => tx.runs.find(id));
    expect(found).toMatchObject({ experiment: 'flights', status: 'FINISHED', endTime: 5, params: { depth: '3' }, tags: { a: 'b' } });
    expect(found?.metrics).toEqual([at(2, Number.NaN), { key: 'loss', step: 0, value: Number.POSITIVE_INFINITY, timestamp: 1 }]);
    expect(await plane.read(ctx, (tx) => tx.runs.list('flights', { limit: 5 }))).toEqual([found]);
  });
});

describe('members', () => {
  it('change once, project in full, and keep an admin', async () => {
    const { id } = await postgres.newTenant();
    const admin = as('root', id);
    const put = (principal: string, roles: readonly ('admin' | 'viewer')[]) =>
      plane.write(admin, {}, (tx) => putMember(tx, admin, { principal, kind: 'user', displayName: principal, roles }));
    expect(await put('root', ['admin'])).toMatchObject({ revision: 1 });
    expect(await put('root', ['admin'])).toMatchObject({ revision: 1 });
    await expect(put('root', ['viewer'])).rejects.toMatchObject({ name: 'last_admin' });
    await put('deputy', ['admin', 'viewer']);
    const race = await Promise.allSettled(['root', 'deputy'].map((name) => plane.write(admin, {}, (tx) => removeMember(tx, admin, name))));
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await plane.read(admin, (tx) => tx.members.list({ limit: 9 }))).toHaveLength(1);
  });
});
