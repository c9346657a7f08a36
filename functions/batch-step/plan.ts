import { countParquetRows, csvToParquet, ID_COLUMN, parquetColumns } from '#adapters/duckdb/batch-input.ts';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import {
  type Batch,
  batchFiles,
  beginBatch,
  checkRowCount,
  type GivenColumn,
  inputIssues,
  LARGEST_BATCH_BYTES,
  MOST_BATCH_ROWS,
  partsOf,
} from '#core/batch/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import type { SignatureInput } from '#core/serving/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import type { BatchTask } from './batch-task.ts';
import { type BatchStepDeps, PARQUET } from './deps.ts';
import { signatureOf } from './signature-of.ts';

/** Looks at the whole file once: whether every row of it could be asked for at all, and into how many parts it is cut. */
export function plan(deps: BatchStepDeps): BatchTask {
  return async (ctx, batch) => {
    const version = await deps.plane.write(ctx, {}, async (tx) => {
      await beginBatch(tx, ctx, batch.id);
      return tx.modelVersions.findById(batch.versionId);
    });
    if (!version) throw new Error(`the version ${batch.versionId} of batch ${batch.id} is gone`);
    const { inputs } = await signatureOf(deps, version);
    const rows = await withScratch(async (folder) => {
      const file = await fetchInput(deps, batch, `${folder}/input`);
      return batch.format === 'csv' ? readCsv(deps, ctx.tenant, batch, inputs, file, folder) : readParquet(deps, inputs, file, folder);
    });
    const parts = partsOf(rows);
    await deps.plane.write(ctx, {}, (tx) => beginBatch(tx, ctx, batch.id, { parts, rows }));
    return { parts };
  };
}

async function fetchInput({ objects }: BatchStepDeps, { inputKey, inputSha256 }: Batch, file: string): Promise<string> {
  const found = await objects.download(inputKey, file, (bytes) => {
    if (bytes > LARGEST_BATCH_BYTES)
      throw new DomainError({ code: 'batch_too_large', what: 'bytes', found: bytes, limit: LARGEST_BATCH_BYTES });
  });
  if (!found) throw new DomainError({ code: 'upload_missing', sha256: inputSha256 });
  if (found.sha256 !== inputSha256) throw new DomainError({ code: 'upload_mismatch', expected: inputSha256, actual: found.sha256 });
  return file;
}

async function readParquet(deps: BatchStepDeps, inputs: readonly SignatureInput[], file: string, folder: string): Promise<number> {
  return withDuckDB({ folder, ...deps }, async (connection) => {
    checkColumns(inputs, await parquetColumns(connection, file));
    const rows = await countParquetRows(connection, file);
    checkRowCount(rows);
    return rows;
  });
}

async function readCsv(
  deps: BatchStepDeps,
  tenant: string,
  batch: Batch,
  inputs: readonly SignatureInput[],
  file: string,
  folder: string,
): Promise<number> {
  const to = `${folder}/rows.parquet`;
  const wanted = new Set([ID_COLUMN, ...inputs.map((input) => input.name)]);
  const { rows } = await withDuckDB({ folder, ...deps }, (connection) =>
    csvToParquet(connection, file, wanted, to, {
      columns: (columns) => checkColumns(inputs, columns),
      rows(count) {
        if (count > MOST_BATCH_ROWS) checkRowCount(count);
      },
    }),
  );
  checkRowCount(rows);
  await deps.objects.uploadOnce(batchFiles(tenant, batch).rows, to, PARQUET);
  return rows;
}

function checkColumns(inputs: readonly SignatureInput[], columns: readonly GivenColumn[]): void {
  const issues = inputIssues(inputs, columns);
  if (issues.length > 0) throw new DomainError({ code: 'schema_mismatch', issues });
}
