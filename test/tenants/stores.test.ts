import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoRouting } from '../../adapters/dynamodb/routing.ts';
import { mongoCallFigures } from '../../adapters/mongo/call-figures.ts';
import { mongoCalls } from '../../adapters/mongo/calls.ts';
import { mongoLabels } from '../../adapters/mongo/labels.ts';
import { mongoPredictionLog } from '../../adapters/mongo/prediction-log.ts';
import { mongoPredictions } from '../../adapters/mongo/predictions.ts';
import { mongoReports } from '../../adapters/mongo/reports.ts';
import { postgresOutbox } from '../../adapters/postgres/outbox.ts';
import { s3PredictionFiles } from '../../adapters/s3/prediction-files.ts';
import { type ApiStand, BUCKET, startApi } from '../support/api-stand.ts';
import type { TenantWorld } from '../support/tenant-names.ts';
import { seedTenant } from '../support/tenant-world.ts';
import { rowsOf } from './rows-of.ts';

let stand: ApiStand;
let ours: TenantWorld;
let theirs: TenantWorld;
let model: { readonly id: string; readonly versionId: string };

beforeAll(async () => {
  stand = await startApi();
  [ours, theirs] = [await seedTenant(stand), await seedTenant(stand)];
  const found = await stand.plane.read(theirs.ctx, (tx) => tx.modelVersions.find(theirs.path['model'] ?? '', 1));
  model = { id: found?.modelId ?? '', versionId: found?.id ?? '' };
});
afterAll(() => stand.stop());

const EVER = { from: new Date(0), to: new Date('2100-01-01') };
const intents = (outbox: ReturnType<typeof postgresOutbox>, tenant: string) => outbox.waiting(tenant, `seed/${theirs.secret}`);

/** What each adapter says to a tenant that asks with the other's names; the other one asks the same and is told. */
describe('an adapter', () => {
  it.each<{ readonly name: string; readonly ask: (tenant: string) => Promise<unknown>; readonly nothing: unknown }>([
    {
      name: 'of predictions finds one',
      ask: (tenant) => mongoPredictions(stand.mongoOf).find(tenant, theirs.path['prediction'] ?? ''),
      nothing: undefined,
    },
    {
      name: 'of predictions tells when one was given',
      ask: async (tenant) => [...(await mongoPredictions(stand.mongoOf).givenAt(tenant, [theirs.path['prediction'] ?? '']))],
      nothing: [],
    },
    {
      name: 'of labels',
      ask: async (tenant) => [...(await mongoLabels(stand.mongoOf).find(tenant, [theirs.path['prediction'] ?? '']))],
      nothing: [],
    },
    {
      name: 'of label values',
      ask: async (tenant) => [...(await mongoLabels(stand.mongoOf).values(tenant, [theirs.path['prediction'] ?? '']))],
      nothing: [],
    },
    { name: 'of reports', ask: (tenant) => mongoReports(stand.mongoOf).find(tenant, theirs.path['scan'] ?? ''), nothing: undefined },
    {
      name: 'of calls by version',
      ask: (tenant) => mongoCalls(stand.mongoOf).ofVersion(tenant, { versionId: model.versionId, ...EVER }),
      nothing: [],
    },
    { name: 'of calls by model', ask: (tenant) => mongoCalls(stand.mongoOf).ofModel(tenant, { modelId: model.id, ...EVER }), nothing: [] },
    {
      name: 'of counted calls',
      ask: (tenant) => mongoCallFigures(stand.mongoOf).of(tenant, { modelIds: [model.id], ...EVER }),
      nothing: [],
    },
    {
      name: 'of open files of the log',
      ask: (tenant) =>
        mongoPredictionLog(stand.mongoOf, () => new Date()).stillOpen(tenant, [
          `tenants/${theirs.id}/predictions/${theirs.path['model']}/2001/04/01/00/seed.parquet`,
        ]),
      nothing: [],
    },
    {
      name: 'of routing',
      ask: (tenant) => dynamoRouting(stand.dynamo, 'routing').read(tenant, theirs.path['model'] ?? ''),
      nothing: undefined,
    },
    {
      name: 'of the log’s files',
      ask: (tenant) => s3PredictionFiles(stand.s3, BUCKET).between(tenant, theirs.path['model'] ?? '', EVER.from, EVER.to),
      nothing: [],
    },
    {
      name: 'of the log’s newest hour',
      ask: (tenant) => s3PredictionFiles(stand.s3, BUCKET).watermark(tenant, theirs.path['model'] ?? '', EVER.to),
      nothing: undefined,
    },
    {
      name: 'of the log’s months',
      ask: async (tenant) => [...(await s3PredictionFiles(stand.s3, BUCKET).months(tenant, theirs.path['model'] ?? ''))],
      nothing: [],
    },
    { name: 'of intents that wait', ask: (tenant) => intents(postgresOutbox(stand.postgres.pool), tenant), nothing: [] },
    {
      name: 'of an intent’s messages',
      ask: async (tenant) => {
        const outbox = postgresOutbox(stand.postgres.pool);
        const [intent = ''] = await intents(outbox, theirs.id);
        const read = await outbox.read(tenant, intent, 1_000);
        return read.state === 'ended' ? read.messages : read;
      },
      nothing: [],
    },
    {
      name: 'of orders for a schedule',
      ask: (tenant) => postgresOutbox(stand.postgres.pool).newestSchedule(tenant, `seed/${theirs.secret}`),
      nothing: undefined,
    },
  ])('$name for its own tenant only', async ({ name, ask, nothing }) => {
    expect(await ask(ours.id)).toEqual(nothing);
    // Nothing was ordered for a schedule, so that its own tenant is told nothing either.
    if (name !== 'of orders for a schedule') expect(await ask(theirs.id)).not.toEqual(nothing);
  });

  it('writes what the other tenant has under the same names without touching it', async () => {
    const principal = `shared-${randomUUID()}`;
    const member = { principal, kind: 'user', revision: 1 } as const;
    await stand.memberships.project({ ...member, tenant: theirs.id, tenantSlug: theirs.slug, roles: ['viewer'] });
    const before = await rowsOf(stand, theirs.id);
    const [prediction, scan, name] = [theirs.path['prediction'] ?? '', theirs.path['scan'] ?? '', theirs.path['model'] ?? ''];
    const at = new Date().toISOString();
    const labels = mongoLabels(stand.mongoOf);
    await labels.insertOnce(ours.id, [{ predictionId: prediction, value: false, observedAt: at, receivedAt: at, recordedBy: 'us' }]);
    await labels.contradict(ours.id, [{ predictionId: prediction, by: 'us' }]);
    await mongoReports(stand.mongoOf).putOnce(ours.id, scan, { said: 'ours' } as never);
    const log = mongoPredictionLog(stand.mongoOf, () => new Date());
    const key = `tenants/${theirs.id}/predictions/${name}/2001/04/01/00/seed.parquet`;
    await log.close(ours.id, [key]);
    const arm = { versionId: 'v', version: 1, artifactKey: 'a', signatureKey: 's' };
    await dynamoRouting(stand.dynamo, 'routing').write({
      tenant: ours.id,
      model: name,
      modelId: 'm',
      ...arm,
      revision: 99,
      unserved: 0,
      arms: [],
    });
    await stand.memberships.project({ ...member, tenant: ours.id, tenantSlug: ours.slug, roles: ['admin'], revision: 2 });
    const outbox = postgresOutbox(stand.postgres.pool);
    const { state, ...read } = await outbox.read(theirs.id, (await intents(outbox, theirs.id))[0] ?? '', 1_000);
    await outbox.published(ours.id, state === 'ended' && 'messages' in read ? read.messages.map(({ id }) => id) : [], new Date());
    expect(await rowsOf(stand, theirs.id)).toEqual(before);
    expect(new Map((await stand.memberships.of(principal)).map(({ tenant, roles }) => [tenant, roles]))).toEqual(
      new Map([
        [ours.id, ['admin']],
        [theirs.id, ['viewer']],
      ]),
    );
    expect((await mongoLabels(stand.mongoOf).find(ours.id, [prediction])).get(prediction)).toMatchObject({
      value: false,
      contradictedBy: ['us'],
    });
  });
});
