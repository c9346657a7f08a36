import { withDuckDB } from '#adapters/duckdb/database.ts';
import { fileColumns, profileDataset, writeQuarantine } from '#adapters/duckdb/dataset-file.ts';
import { compareSchema, type DatasetProfile, judgeQuality } from '#core/data/index.ts';
import { type DataIssue, DomainError } from '#core/kernel/index.ts';
import { beginExecution, type Execution, recordedStep } from '#core/pipelines/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import type { StepOutputs } from '#functions/_steps/step-outputs.ts';
import { keys } from '#functions/_stores/keys.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import type { DataStepDeps } from './deps.ts';
import { fetchDataset } from './fetch-dataset.ts';

const VERSION = 1;

/** Checks the dataset against the plan: bytes, columns, then quality. The report is kept whatever it says; a broken limit refuses. */
export function validate(deps: DataStepDeps): Step {
  return async ({ ctx, execution }) => {
    await deps.plane.write(ctx, {}, (tx) => beginExecution(tx, ctx, execution.id));
    const { columns, quality, prepare } = execution.plan;
    const inputs = {
      dataset: execution.datasetSha256,
      columns,
      quality,
      prepare,
      // Only freshness asks what time it is, so only it keeps a later execution from using this result.
      asOf: quality.freshness ? execution.createdAt.toISOString() : null,
    };
    return recordedStep(recordingIn(deps.plane), ctx, execution.id, { step: 'validate', version: VERSION, inputs }, (inputHash) =>
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
): Promise<StepOutputs['validate']> {
  const { plan } = execution;
  const file = await fetchDataset(deps.objects, execution, folder);
  const quarantine = `${folder}/quarantine.parquet`;
  const reportKey = keys.qualityReport(tenant, inputHash);
  const report = (verdict: string, issues: readonly DataIssue[], profile?: DatasetProfile) =>
    deps.objects.putOnce(
      () => reportKey,
      Buffer.from(
        JSON.stringify({
          verdict,
          dataset: plan.dataset,
          version: execution.datasetVersion,
          sha256: execution.datasetSha256,
          issues,
          profile,
        }),
      ),
      'application/json',
    );
  const profile = await withDuckDB({ folder, memoryMb: deps.memoryMb, threads: deps.threads }, async (connection) => {
    const columns = await fileColumns(connection, file);
    const mismatch = compareSchema(plan.columns, columns);
    if (mismatch.length > 0) {
      await report('failed', mismatch);
      throw new DomainError({ code: 'schema_mismatch', issues: mismatch });
    }
    const found = await profileDataset(connection, plan, file, columns);
    if (found.quarantined > 0) await writeQuarantine(connection, plan, file, columns, quarantine);
    return found;
  });
  const quarantineKey = profile.quarantined > 0 ? keys.quarantine(tenant, inputHash) : null;
  if (quarantineKey) await deps.objects.uploadOnce(quarantineKey, quarantine, 'application/vnd.apache.parquet');
  const issues = judgeQuality(plan, profile, execution.createdAt);
  await report(issues.length > 0 ? 'failed' : 'passed', issues, profile);
  if (issues.length > 0) throw new DomainError({ code: 'quality_failed', issues });
  const { rows, kept, quarantined, filtered, duplicates } = profile;
  return { verdict: 'passed', rows, kept, quarantined, filtered, duplicates, reportKey, quarantineKey };
}
