import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatasetVersion } from '#core/data/index.ts';
import { type Approval, decideApproval } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { registerVersion, setAlias, setModelTags } from '#core/registry/index.ts';
import { beginRollout, beginShare, completeRollout, reachShare, startRollout } from '#core/rollout/index.ts';
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
      policyVersion: 0,
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
  const register = (execution: string) => plane.write(ctx, {}, (tx) => registerVersion(tx, ctx, artifact(execution)));

  /** As its machine does, with nothing to route and nothing to judge. */
  async function takeOver(version: number) {
    const order = { model: 'flights', version, strategy: 'all-at-once' } as const;
    const { id } = await plane.write(ctx, {}, async (tx) => {
      const { executionId } = (await tx.modelVersions.find('flights', version)) ?? {};
      const ask = {
        requestedFor: 'x',
        author: 'ada',
        evidence: {},
        expiresAt: new Date(Date.now() + 60_000),
        taskToken: 't',
        policyVersion: 0,
      };
      const approval = await tx.approvals.request({ ...ask, execution: executionId ?? '' }, ctx.now);
      if (approval.status === 'pending')
        await tx.approvals.decide(approval.id, { status: 'approved', by: 'bob', comment: '', policyVersion: 0 }, ctx.now);
      return startRollout(tx, ctx, order);
    });
    await plane.write(ctx, {}, (tx) => beginRollout(tx, ctx, id));
    await plane.write(ctx, {}, (tx) => beginShare(tx, ctx, id));
    await plane.write(ctx, {}, (tx) => reachShare(tx, ctx, id, 0));
    await plane.write(ctx, {}, (tx) => completeRollout(tx, ctx, id));
  }

  it('is registered once per execution, goes live, retires the one before, and can come back', async () => {
    const [first, second] = [await anExecution(), await anExecution()];
    const [one, again] = await Promise.all([register(first), register(first)]);
    expect(again.id).toBe(one.id);
    expect((await register(second)).number).toBe(2);
    const seen = () =>
      plane.read(ctx, async (tx) => ({
        model: await tx.models.find('flights'),
        versions: (await tx.modelVersions.list('flights', { limit: 9 })).map(
          ({ stage, deploymentStatus }) => `${stage} ${deploymentStatus}`,
        ),
        serving: (await tx.deployments.live(one.modelId))?.arms.map(({ version }) => version),
      }));
    await takeOver(1);
    expect(await seen()).toMatchObject({ model: { liveVersion: 1 }, versions: ['none none', 'production live'], serving: [1] });
    await takeOver(2);
    const model = { aliases: { champion: 2 }, liveVersion: 2, latestVersion: 2 };
    expect(await seen()).toMatchObject({ model, versions: ['production live', 'archived retired'], serving: [2] });
    await takeOver(1);
    expect(await seen()).toMatchObject({ model: { liveVersion: 1 }, versions: ['archived retired', 'production live'], serving: [1] });
  });

  it('is pointed at by aliases that two writers cannot move from the same revision', async () => {
    const point = (version: number, expectedRevision?: number) =>
      plane.write(ctx, {}, (tx) => setAlias(tx, ctx, { model: 'flights', alias: 'candidate', version, expectedRevision }));
    expect(await point(1)).toMatchObject({ number: 1, revision: 1 });
    expect(await point(1)).toMatchObject({ number: 1, revision: 1 });
    expect((await register(await anExecution())).number).toBe(3);
    const race = await Promise.allSettled([point(2, 1), point(3, 1)]);
    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [winner] = race.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const repeated = await Promise.all([1, 1, 1].map((revision) => point(winner?.number ?? 0, revision)));
    expect(repeated).toEqual([winner, winner, winner]);
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
    const ask = {
      execution,
      requestedFor: 'x',
      author: 'ada',
      evidence: { auc: 0.7 },
      policyVersion: 0,
      expiresAt: new Date(Date.now() + expiresInMs),
    };
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
    const answers = await postgres.asOwnerIn(ctx.tenant, async (client) => {
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
