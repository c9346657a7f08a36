import type { ObjectStore } from '#adapters/s3/object-store.ts';
import { LARGEST_DATASET_BYTES as limit } from '#core/data/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';

/** The dataset's file in the scratch folder, its bytes hashed on the way: what was registered is what is read, or nothing is. */
export async function fetchDataset(objects: ObjectStore, execution: Execution, folder: string): Promise<string> {
  const file = `${folder}/dataset.parquet`;
  const found = await objects.download(execution.datasetKey, file, (bytes) => {
    if (bytes > limit) throw new DomainError({ code: 'dataset_too_large', bytes, limit });
  });
  if (!found) throw new DomainError({ code: 'upload_missing', sha256: execution.datasetSha256 });
  if (found.sha256 !== execution.datasetSha256) {
    throw new DomainError({ code: 'upload_mismatch', expected: execution.datasetSha256, actual: found.sha256 });
  }
  return file;
}
