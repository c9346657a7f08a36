import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import type { Context } from '../../core/kernel/index.ts';
import type { Plan } from '../../core/pipelines/index.ts';

/** A queued execution with the dataset and the pipeline that it needs to be there; nothing has happened to it yet. */
export async function newExecution(
  tx: Pick<ControlTx, 'datasets' | 'pipelines' | 'executions'>,
  ctx: Context,
  plan: Partial<Plan> = {},
): Promise<string> {
  const by = ctx.principal.id;
  const sha256 = 'd'.repeat(64);
  const dataset = await tx.datasets.lock('flights', by);
  const version = { label: null, sha256, bytes: 10, format: 'parquet', objectKey: 'k', createdBy: by } as const;
  const rows = (await tx.datasets.versionByContent(dataset.id, sha256)) ?? (await tx.datasets.addVersion(dataset.id, version, ctx.now));
  const pipeline = await tx.pipelines.lock('flights', by);
  const source = { source: 's', sourceSha256: 'e'.repeat(64), definition: {} as never, createdBy: by };
  const file =
    (await tx.pipelines.versionBySource(pipeline.id, source.sourceSha256)) ?? (await tx.pipelines.addVersion(pipeline.id, source));
  const ids = { pipelineVersionId: file.id, datasetVersionId: rows.id };
  const { id } = await tx.executions.add({ ...ids, plan: plan as Plan, policyVersion: 0, createdBy: by, createdByKind: 'user' }, ctx.now);
  return id;
}
