import { type Context, DomainError } from '#core/kernel/index.ts';
import { findPrediction, type Labels, type Predictions, type PredictionWithTruth } from '#core/serving/index.ts';
import type { Lineages, VersionLineage } from './lineage.ts';

export interface LineagePorts {
  readonly labels: Pick<Labels, 'find'>;
  readonly predictions: Pick<Predictions, 'find'>;
  /** The tenant's rows, in one transaction. */
  readonly read: <T>(ctx: Context, useCase: (tx: { readonly lineages: Lineages }) => Promise<T>) => Promise<T>;
}

/** Everything a prediction goes back to. Another tenant's prediction is not found, as one that was never made. */
export async function findLineage(
  { labels, predictions, read }: LineagePorts,
  ctx: Context,
  id: string,
): Promise<PredictionWithTruth & { readonly lineage: VersionLineage }> {
  const found = await findPrediction({ labels, predictions }, ctx, id);
  const { versionId, model, version, receivedAt } = found.prediction;
  const lineage = await read(ctx, (tx) => tx.lineages.ofVersion(versionId, new Date(receivedAt)));
  if (!lineage) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/${version}` });
  return { ...found, lineage };
}
