import { loadOnnxModel } from '#adapters/onnx/onnx-model.ts';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import {
  type ChampionComparison,
  decideGates,
  type Estimate,
  evaluate,
  evaluateSegment,
  evaluationReport,
  quantile,
  type SegmentResult,
} from '#core/evaluation/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { type Execution, recordedStep } from '#core/pipelines/index.ts';
import type { ModelVersion } from '#core/registry/index.ts';
import { parseSignature } from '#core/serving/index.ts';
import type { Step } from '#functions/_steps/serve-step.ts';
import { recordingIn } from '#functions/_steps/step-log.ts';
import { outputOf, type StepOutputs } from '#functions/_steps/step-outputs.ts';
import { keys } from '#functions/_stores/keys.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import { championOf, compareWithChampion } from './champion.ts';
import { evaluationId } from './evaluation-id.ts';
import { scoreRows } from './score-rows.ts';

export interface EvaluateModelDeps {
  readonly plane: ControlPlane;
  readonly objects: ObjectStore;
  readonly memoryMb: number;
  readonly threads: number;
}

const VERSION = 2;

/** Measures the exported model on the test rows. The job that made it took no part in this and never saw them. */
export function evaluateModel(deps: EvaluateModelDeps): Step {
  return async ({ ctx, execution }) => {
    const { parts } = await outputOf(deps.plane, ctx, execution, 'split');
    const train = await outputOf(deps.plane, ctx, execution, 'train');
    const { evaluation, training, gates, deployment } = execution.plan;
    const champion = await deps.plane.read(ctx, (tx) => championOf(tx, deployment));
    const inputs = {
      model: train.artifacts.model.sha256,
      signature: train.artifacts.signature.sha256,
      rows: parts.test.sha256,
      evaluation,
      seed: training.seed,
      // The report shows the gates' answers, so other gates are another report.
      gates,
      champion: champion ? { version: champion.number, model: champion.artifactSha256, signature: champion.signatureKey } : null,
    };
    return recordedStep(recordingIn(deps.plane), ctx, execution.id, { step: 'evaluate', version: VERSION, inputs }, (inputHash) =>
      withScratch((folder) => run(deps, ctx, { execution, test: parts.test, train, champion, inputHash, folder })),
    );
  };
}

interface Evaluation {
  readonly execution: Execution;
  readonly test: StepOutputs['split']['parts']['test'];
  readonly train: StepOutputs['train'];
  readonly champion: ModelVersion | undefined;
  readonly inputHash: string;
  readonly folder: string;
}

async function run(
  deps: EvaluateModelDeps,
  ctx: Context,
  { execution, test, train: { artifacts, runId }, champion, inputHash, folder }: Evaluation,
): Promise<StepOutputs['evaluate']> {
  const { plan } = execution;
  const rowsFile = `${folder}/test.parquet`;
  const modelFile = `${folder}/model.onnx`;
  const [rows, model, signed] = await Promise.all([
    deps.objects.download(test.key, rowsFile),
    deps.objects.download(artifacts.model.key, modelFile),
    deps.objects.read(artifacts.signature.key),
  ]);
  if (rows?.sha256 !== test.sha256 || model?.sha256 !== artifacts.model.sha256 || !signed)
    throw new Error('the stored rows or the stored model are not what was recorded');
  const signature = parseSignature(JSON.parse(Buffer.from(signed).toString('utf8')));
  const onnx = await loadOnnxModel(modelFile, signature, { threads: deps.threads });
  const place = { folder, memoryMb: deps.memoryMb, threads: deps.threads };
  const scored = await scoreRows(onnx, plan, rowsFile, test.rows, place).finally(() => onnx.close());

  // What is served decides by the signature's threshold, so that one is measured.
  const settings = { ...plan.evaluation, threshold: signature.threshold, seed: plan.training.seed };
  const result = evaluate(scored.labels, scored.scores, settings);
  const latencies = Float64Array.from(scored.latencies).sort();
  const metrics: Record<string, Estimate> = {
    ...result.metrics,
    latency_p50_ms: { value: quantile(latencies, 0.5) },
    latency_p95_ms: { value: quantile(latencies, 0.95) },
    model_bytes: { value: artifacts.model.bytes },
  };
  const segments: SegmentResult[] = Object.entries(scored.segments).flatMap(([column, values]) =>
    evaluateSegment(column, values, scored.labels, scored.scores, signature.threshold),
  );
  const against =
    champion &&
    (await compareWithChampion(deps.objects, champion, plan, {
      place,
      rowsFile,
      challenger: { labels: scored.labels, scores: scored.scores, threshold: signature.threshold },
    }));
  const comparison = against ?? null;
  const id = evaluationId(ctx.tenant, inputHash);
  const reportKey = keys.evaluationReport(ctx.tenant, id);
  const report = evaluationReport(
    {
      pipeline: plan.pipeline,
      pipelineVersion: execution.pipelineVersion,
      dataset: execution.dataset,
      datasetVersion: execution.datasetVersion,
      execution: execution.id,
      runId,
      algorithm: plan.training.algorithm ?? `own source, ${plan.training.source?.entryPoint ?? ''}`,
      testRows: test.from && test.until ? `${test.from} to ${test.until}` : '',
      modelSha256: artifacts.model.sha256,
      createdAt: ctx.now.toISOString(),
      confidence: settings.confidence,
      resamples: settings.resamples,
      threshold: settings.threshold,
      seed: settings.seed,
      gates: decideGates(plan.gates, metrics, comparison),
      champion: comparison,
    },
    result,
    metrics,
    segments,
  );
  await deps.objects.put(reportKey, report, 'text/html; charset=utf-8');
  const { confusion, calibration, roc, positives } = result;
  const stored = await deps.plane.write(ctx, {}, async (tx) => {
    const method = {
      threshold: settings.threshold,
      resamples: settings.resamples,
      confidence: settings.confidence,
      seed: settings.seed,
      interval: 'percentile bootstrap, Poisson weights',
    };
    const kept = await tx.evaluations.add(
      {
        id,
        execution: execution.id,
        artifactSha256: artifacts.model.sha256,
        rowsSha256: test.sha256,
        rows: result.rows,
        metrics,
        details: { method, positives, confusion, calibration, roc, segments, champion: comparison },
        reportKey,
      },
      ctx.now,
    );
    const logged = Object.entries(kept.metrics).flatMap(([name, { value }]) =>
      value === null ? [] : [{ key: `test:${name}`, value, step: 0, timestamp: ctx.now.getTime() }],
    );
    await tx.runs.log(runId, { metrics: logged });
    return kept;
  });
  // Of an evaluation that was there already, its own: the alias may have moved since.
  const kept = stored.details['champion'] as ChampionComparison | null | undefined;
  return { evaluation: stored.id, reportKey: stored.reportKey, metrics: stored.metrics, champion: kept ?? null };
}
