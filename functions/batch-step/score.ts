import { readFile } from 'node:fs/promises';
import { ID_COLUMN, parquetColumns } from '#adapters/duckdb/batch-input.ts';
import { batchOutput } from '#adapters/duckdb/batch-output.ts';
import { batchRows } from '#adapters/duckdb/batch-rows.ts';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import { loadOnnxModel, type OnnxModel } from '#adapters/onnx/onnx-model.ts';
import { type Batch, batchFiles, type PartRange, partRange, scoreEach } from '#core/batch/index.ts';
import type { ModelVersion } from '#core/registry/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import type { BatchTask } from './batch-task.ts';
import { type BatchStepDeps, PARQUET } from './deps.ts';
import { signatureOf } from './signature-of.ts';

/** Answers the rows of one part. A part whose answers are there already is done, whoever did it. */
export function score(deps: BatchStepDeps): BatchTask {
  return async (ctx, batch, event) => {
    const part = Number(event['part']);
    if (batch.rows === null) throw new Error(`the batch ${batch.id} has not been planned`);
    const range = partRange(part, batch.rows);
    const files = batchFiles(ctx.tenant, batch);
    if (await deps.objects.exists(files.part(part))) return { part, done: 'before' };
    const version = await deps.plane.read(ctx, (tx) => tx.modelVersions.findById(batch.versionId));
    if (!version) throw new Error(`the version ${batch.versionId} of batch ${batch.id} is gone`);
    await withScratch(async (folder) => {
      const model = await loadModel(deps, version, folder);
      const written = await scorePart(deps, model, batch, files.rows, range, folder).finally(() => model.close());
      // The answers last: where they are, the part is done.
      await put(deps, files.badPart(part), written.problems);
      await put(deps, files.part(part), written.answers);
    });
    return { part, done: 'now' };
  };
}

async function loadModel(deps: BatchStepDeps, version: ModelVersion, folder: string): Promise<OnnxModel> {
  const file = `${folder}/model.onnx`;
  const [signature, model] = await Promise.all([signatureOf(deps, version), deps.objects.download(version.artifactKey, file)]);
  if (model?.sha256 !== version.artifactSha256) throw new Error(`the stored model ${version.artifactKey} is not what was registered`);
  return loadOnnxModel(file, signature, { threads: deps.threads });
}

async function scorePart(deps: BatchStepDeps, model: OnnxModel, batch: Batch, csvRowsKey: string, range: PartRange, folder: string) {
  const isText = batch.format === 'csv';
  const file = `${folder}/rows.parquet`;
  const key = isText ? csvRowsKey : batch.inputKey;
  if (!(await deps.objects.download(key, file))) throw new Error(`${key}, which the plan saw, is gone`);
  const { signature } = model;
  const written = { answers: `${folder}/answers.parquet`, problems: `${folder}/problems.parquet` };
  await withDuckDB({ folder, ...deps }, async (connection) => {
    const columns = await parquetColumns(connection, file);
    const hasId = columns.some((column) => column.name === ID_COLUMN);
    const output = await batchOutput(connection, range);
    for await (const rows of batchRows(connection, { file, inputs: signature.inputs, isText }, range))
      output.add(await scoreEach(signature, rows, async (packed, count) => (await model.predict(packed, count)).probabilities));
    const answered = await output.write({ file, hasId }, batch.version, written);
    if (answered !== range.to - range.from)
      throw new Error(`${answered} rows were answered of rows ${range.from} to ${range.to}, which the plan counted`);
  });
  return written;
}

async function put({ objects }: BatchStepDeps, key: string, file: string): Promise<void> {
  await objects.putOnce(() => key, await readFile(file), PARQUET);
}
