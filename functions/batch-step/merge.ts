import { countAnswers, mergeParts } from '#adapters/duckdb/batch-output.ts';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import { batchFiles, completeBatch, partsOf } from '#core/batch/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import type { BatchTask } from './batch-task.ts';
import { type BatchStepDeps, PARQUET } from './deps.ts';

const AT_ONCE = 8;

/** One file of all answers, in the order of the input, and one of all that is wrong; then the batch has succeeded. */
export function merge(deps: BatchStepDeps): BatchTask {
  return async (ctx, batch) => {
    const { rows } = batch;
    if (rows === null) throw new Error(`the batch ${batch.id} has not been planned`);
    const files = batchFiles(ctx.tenant, batch);
    const parts = Array.from({ length: partsOf(rows) }, (_, part) => part);
    const done = await withScratch(async (folder) => {
      const fetched = (part: number) => ({ answers: `${folder}/${part}.parquet`, problems: `${folder}/${part}-bad.parquet` });
      for (let at = 0; at < parts.length; at += AT_ONCE) {
        await Promise.all(
          parts.slice(at, at + AT_ONCE).flatMap((part) => {
            const { answers, problems } = fetched(part);
            return [fetch(deps, files.part(part), answers), fetch(deps, files.badPart(part), problems)];
          }),
        );
      }
      const output = `${folder}/predictions.parquet`;
      const badRows = `${folder}/bad-rows.parquet`;
      const counted = await withDuckDB({ folder, ...deps }, async (connection) => {
        await mergeParts(
          connection,
          parts.map((part) => fetched(part).answers),
          output,
        );
        await mergeParts(
          connection,
          parts.map((part) => fetched(part).problems),
          badRows,
        );
        return countAnswers(connection, output);
      });
      if (counted.rows !== rows) throw new Error(`the parts have ${counted.rows} rows, the input has ${rows}`);
      await deps.objects.uploadOnce(files.output, output, PARQUET);
      if (counted.badRows > 0) await deps.objects.uploadOnce(files.badRows, badRows, PARQUET);
      return counted;
    });
    const badRowsKey = done.badRows > 0 ? files.badRows : null;
    await deps.plane.write(ctx, {}, (tx) =>
      completeBatch(tx, ctx, batch.id, { badRows: done.badRows, outputKey: files.output, badRowsKey }),
    );
    return { rows, badRows: done.badRows };
  };
}

async function fetch({ objects }: BatchStepDeps, key: string, file: string): Promise<void> {
  if (!(await objects.download(key, file))) throw new Error(`the part ${key} is gone`);
}
