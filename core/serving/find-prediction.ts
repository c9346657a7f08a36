import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Labels, Predictions, StoredLabel } from './ports.ts';
import type { PredictionRecord } from './prediction-record.ts';

export interface PredictionWithTruth {
  readonly prediction: PredictionRecord;
  readonly groundTruth: StoredLabel | undefined;
}

/** One logged prediction and, once it is known, what really happened. */
export async function findPrediction(
  { labels, predictions }: { readonly labels: Pick<Labels, 'find'>; readonly predictions: Pick<Predictions, 'find'> },
  ctx: Context,
  id: string,
): Promise<PredictionWithTruth> {
  const [prediction, stored] = await Promise.all([predictions.find(ctx.tenant, id), labels.find(ctx.tenant, [id])]);
  if (!prediction) throw new DomainError({ code: 'not_found', what: 'prediction', id });
  return { prediction, groundTruth: stored.get(id) };
}
