import type { ObjectStore } from '#adapters/s3/object-store.ts';
import { DomainError } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';

/** The dataset's file in the scratch folder, its bytes hashed on the way: what was registered is what is read, or nothing is. */
export async function fetchDataset(objects: ObjectStore, execution: Execution, folder: string): Promise<string> {
  const file = `${folder}/dataset.parquet`;
  const found = await objects.download(execution.datasetKey, file);
  if (!found) throw new DomainError({ code: 'upload_missing', sha256: execution.datasetSha256 });
  if (found.sha256 !== execution.datasetSha256) {
    throw new DomainError({ code: 'upload_mismatch', expected: execution.datasetSha256, actual: found.sha256 });
  }
  return file;
}
