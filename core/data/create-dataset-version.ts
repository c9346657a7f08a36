import type { Context, Recorder } from '#core/kernel/index.ts';
import type { Datasets, DatasetVersion } from './datasets.ts';

export interface CreateDatasetVersion {
  readonly dataset: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: 'parquet';
  readonly objectKey: string;
  readonly label?: string | null | undefined;
}

/** Registers stored content as the dataset's next version. Safe to retry: content that is already a version is that version. */
export async function createDatasetVersion(
  tx: { readonly datasets: Datasets } & Recorder,
  ctx: Context,
  { dataset, label = null, ...content }: CreateDatasetVersion,
): Promise<DatasetVersion> {
  const { id } = await tx.datasets.lock(dataset, ctx.principal.id);
  const same = await tx.datasets.versionByContent(id, content.sha256);
  if (same) return same;
  const version = await tx.datasets.addVersion(id, { ...content, label, createdBy: ctx.principal.id }, ctx.now);
  tx.record({
    type: 'dataset.version.created.v1',
    subject: `dataset/${dataset}/versions/${version.number}`,
    data: { dataset, version: version.number, sha256: version.sha256, bytes: version.bytes },
  });
  return version;
}
