import { randomUUID } from 'node:crypto';
import { dynamoRouting } from '../../adapters/dynamodb/routing.ts';
import { mongoCalls } from '../../adapters/mongo/calls.ts';
import { mongoLabels } from '../../adapters/mongo/labels.ts';
import { mongoPredictionLog } from '../../adapters/mongo/prediction-log.ts';
import { mongoReports } from '../../adapters/mongo/reports.ts';
import type { Context } from '../../core/kernel/index.ts';
import type { ApiStand } from './api-stand.ts';
import type { Trained } from './seed-training.ts';
import type { Seed } from './tenant-names.ts';

/** What serves, what it answered, what came true, and what a scan said of it. */
export async function seedServing(
  stand: ApiStand,
  ctx: Context,
  { names, secret, files, live, path }: Seed & Trained & { readonly path: { readonly scan: string } },
) {
  const model = names.path['model'] ?? '';
  const arm = { versionId: live.id, version: live.number, artifactKey: files.model, signatureKey: files.signature };
  await dynamoRouting(stand.dynamo, 'routing').write({
    tenant: ctx.tenant,
    model,
    modelId: live.modelId,
    ...arm,
    revision: 1,
    unserved: 0,
    arms: [{ ...arm, weight: 1 }],
  });
  const about = {
    model,
    modelId: live.modelId,
    version: live.number,
    versionId: live.id,
    arm: `v${live.number}`,
    receivedAt: ctx.now.toISOString(),
  };
  const row = { id: names.path['prediction'] ?? '', tenant: ctx.tenant, ...about, unit: secret, eventTime: '2001-04-01T00:30:00.000Z' };
  const predicted = { ...row, features: { said: secret }, output: { label: true, score: 0.5 } };
  const key = `tenants/${ctx.tenant}/predictions/${model}/2001/04/01/00/seed.parquet`;
  await stand.putFile(key, Buffer.from(secret));
  const log = mongoPredictionLog(stand.mongoOf, () => new Date());
  await log.open(ctx.tenant, [{ key, tenant: ctx.tenant, types: {}, rows: [predicted] }]);
  await log.claim(ctx.tenant, [{ key, tenant: ctx.tenant, types: {}, rows: [predicted] }]);
  const call = { id: randomUUID(), ...about, rows: 1, durationMs: 5, outcome: 'ok', scores: Float32Array.of(0.5) } as const;
  await mongoCalls(stand.mongoOf).insertOnce(ctx.tenant, [call]);
  const label = {
    predictionId: predicted.id,
    value: true,
    observedAt: about.receivedAt,
    receivedAt: about.receivedAt,
    recordedBy: `labeller-${secret}`,
  };
  await mongoLabels(stand.mongoOf).insertOnce(ctx.tenant, [label]);
  const found = { scan: path.scan, monitor: names.path['monitor'] ?? '', model, said: secret };
  await mongoReports(stand.mongoOf).putOnce(ctx.tenant, path.scan, found as never);
}
