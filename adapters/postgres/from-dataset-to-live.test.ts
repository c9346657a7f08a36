import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatasetVersion } from '#core/data/index.ts';
import { type Approval, decideApproval } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { beginDeployment, completeDeployment, failDeployment, registerVersion, setAlias, setModelTags } from '#core/registry/index.ts';
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

describe('a version', () => {
  const order = (version: number, execution: string) => ({ model: 'flights', version, execution, alias: 'champion' });
  const begin = (version: number, execution: string) => plane.write(ctx, {}, (tx) => beginDeployment(tx, ctx, order(version, execution)));
  const complete = (version: number, execution: string) =>
    plane.write(ctx, {}, (tx) => completeDeployment(tx, ctx, order(version, execution)));
  const model = () => plane.read(ctx, (tx) => tx.models.find('flights'));
  const version = (number: number) => plane.read(ctx, (tx) => tx.modelVersions.find('flights', number));

  it('is registered once per execution, goes live, and retires the one before', async () => {
    const [first, second] = [await anExecution(), await anExecution()];
    const register = (execution: string) => plane.write(ctx, {}, (tx) => registerVersion(tx, ctx, artifact(execution)));
    const [one, again] = await Promise.all([register(first), register(first)]);
    expect(again.id).toBe(one.id);
    expect((await register(second)).number).toBe(2);
    const live = async (version: number, execution: string) => {
      const entry = await begin(version, execution);
      await complete(version, execution);
      return entry;
    };
    const entry = await live(1, first);
    expect(entry).toMatchObject({ tenant: ctx.tenant, model: 'flights', version: 1, revision: 1, arms: [{ version: 1, weight: 1 }] });
    expect(await live(2, second)).toMatchObject({ version: 2, revision: 2 });
    // A late retry of the first order gives its own entry, whose older revision the routing table takes as done.
    expect(await live(1, first)).toEqual(entry);
    expect(await plane.read(ctx, (tx) => tx.deployments.ofExecution(first))).toMatchObject({ status: 'retired' });
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

  it('is not live before its deployment is complete, and never if that fails', async () => {
    const before = await model();
    const execution = await anExecution();
    const { number } = await plane.write(ctx, {}, (tx) => registerVersion(tx, ctx, artifact(execution)));
    const entry = await begin(number, execution);
    expect(await version(number)).toMatchObject({ stage: 'none', deploymentStatus: 'deploying' });
    expect(await model()).toMatchObject({ liveVersion: before?.liveVersion, aliases: before?.aliases });
    expect(await begin(number, execution)).toEqual(entry);

    const fail = () => plane.write(ctx, {}, (tx) => failDeployment(tx, ctx, execution));
    await fail();
    await fail();
    expect(await version(number)).toMatchObject({ stage: 'none', deploymentStatus: 'failed' });
    expect(await model()).toMatchObject({ liveVersion: before?.liveVersion, aliases: before?.aliases });
    await expect(complete(number, execution)).rejects.toMatchObject({ name: 'wrong_stage' });
    await expect(begin(number, execution)).rejects.toMatchObject({ name: 'wrong_stage' });

    // Another order may try the same version again, under the next revision.
    const again = await anExecution();
    expect((await begin(number, again)).revision).toBe(entry.revision + 1);
    await complete(number, again);
    await plane.write(ctx, {}, (tx) => failDeployment(tx, ctx, again));
    expect(await model()).toMatchObject({ liveVersion: number });
  });

  it('that a later one has overtaken retires without having served', async () => {
    const executions = [await anExecution(), await anExecution()] as const;
    const register = (execution: string) => plane.write(ctx, {}, (tx) => registerVersion(tx, ctx, artifact(execution)));
    const [early, late] = [await register(executions[0]), await register(executions[1])];
    await begin(early.number, executions[0]);
    await begin(late.number, executions[1]);
    await complete(late.number, executions[1]);
    await complete(early.number, executions[0]);
    expect(await version(early.number)).toMatchObject({ stage: 'none', deploymentStatus: 'retired' });
    expect(await model()).toMatchObject({ liveVersion: late.number, aliases: { champion: late.number } });
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
