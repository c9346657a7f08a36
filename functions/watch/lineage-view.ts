import type { ResponseOf } from '#api/route.ts';
import type { watchRoutes } from '#api/watch.ts';
import type { PredictionWithTruth } from '#core/serving/index.ts';
import type { VersionLineage } from '#core/watch/index.ts';

/** The same with times as text, and of the prediction what its caller knows. */
export function lineageView({
  prediction,
  groundTruth,
  lineage,
}: PredictionWithTruth & { readonly lineage: VersionLineage }): ResponseOf<typeof watchRoutes.findPredictionLineage> {
  const { id, model, version, arm, unit, eventTime, receivedAt, output } = prediction;
  const { rollout, approval, execution, retraining, dataset, gates } = lineage;
  return {
    prediction: { id, model, version, arm, ...(unit === undefined ? {} : { unit }), eventTime, receivedAt, output },
    groundTruth: groundTruth
      ? {
          value: groundTruth.value,
          observedAt: groundTruth.observedAt,
          receivedAt: groundTruth.receivedAt,
          contradictedBy: groundTruth.contradictedBy,
        }
      : null,
    version: { ...lineage.version, createdAt: lineage.version.createdAt.toISOString() },
    run: lineage.run && { ...lineage.run, params: { ...lineage.run.params }, metrics: { ...lineage.run.metrics } },
    execution: execution && { ...execution, createdAt: execution.createdAt.toISOString(), endedAt: textOf(execution.endedAt) },
    retraining: retraining && {
      ...retraining,
      decidedAt: retraining.decidedAt.toISOString(),
      window: { from: retraining.window.from.toISOString(), to: retraining.window.to.toISOString() },
    },
    pipeline: lineage.pipeline,
    dataset: dataset && { ...dataset, createdAt: dataset.createdAt.toISOString() },
    rows: lineage.rows && { ...lineage.rows },
    training: lineage.training,
    evaluation: lineage.evaluation && { ...lineage.evaluation, metrics: { ...lineage.evaluation.metrics } },
    gates: gates.map((gate) => ({ ...gate, decidedAt: gate.decidedAt.toISOString() })),
    approval: approval && { ...approval, decidedAt: textOf(approval.decidedAt) },
    rollout: rollout && {
      ...rollout,
      reason: rollout.reason && { ...rollout.reason },
      createdAt: rollout.createdAt.toISOString(),
      endedAt: textOf(rollout.endedAt),
      judgements: rollout.judgements.map((one) => ({ ...one, decidedAt: one.decidedAt.toISOString() })),
    },
  };
}

function textOf(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
