import { withDuckDB } from '#adapters/duckdb/database.ts';
import { fileColumns } from '#adapters/duckdb/dataset-file.ts';
import { splitFile } from '#adapters/duckdb/split-file.ts';
import { checkParts, PARTS, type Part } from '#core/data/index.ts';
import { type Execution, recordedStep } from '#core/pipelines/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import type { StepOutputs } from '#functions/_steps/step-outputs.ts';
import { keys } from '#functions/_stores/keys.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import type { DataStepDeps } from './deps.ts';
import { fetchDataset } from './fetch-dataset.ts';

const VERSION = 1;

/** Parts the dataset's good rows into train, validation and test, one Parquet file each. */
export function split(deps: DataStepDeps): Step {
  return ({ ctx, execution }) => {
    const { columns, prepare, split, evaluation } = execution.plan;
    const inputs = { dataset: execution.datasetSha256, columns, prepare, split, segments: evaluation.segments };
    return recordedStep(recordingIn(deps.plane), ctx, execution.id, { step: 'split', version: VERSION, inputs }, (inputHash) =>
      withScratch((folder) => run(deps, ctx.tenant, execution, inputHash, folder)),
    );
  };
}

async function run(
  deps: DataStepDeps,
  tenant: string,
  execution: Execution,
  inputHash: string,
  folder: string,
): Promise<StepOutputs['split']> {
  const file = await fetchDataset(deps.objects, execution, folder);
  const { parts, ...where } = await withDuckDB({ folder, memoryMb: deps.memoryMb, threads: deps.threads }, async (connection) =>
    splitFile(connection, execution.plan, file, await fileColumns(connection, file), folder),
  );
  checkParts(parts, where.boundaries);
  const stored = await Promise.all(
    PARTS.map(async (part) => {
      const { file: from, ...profile } = parts[part];
      const object = await deps.objects.uploadOnce(keys.part(tenant, inputHash, part), from, 'application/vnd.apache.parquet');
      return [part, { ...profile, ...object }] as const;
    }),
  );
  return { parts: Object.fromEntries(stored) as Record<Part, (typeof stored)[number][1]>, ...where };
}
