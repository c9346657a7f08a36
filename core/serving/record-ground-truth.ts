import type { Context } from '#core/kernel/index.ts';
import type { Label, Labels, Predictions } from './ports.ts';

export interface GroundTruth {
  readonly predictionId: string;
  readonly value: boolean;
  readonly observedAt?: string | undefined;
}

/** `early`: the prediction is not in the log yet; the label is kept and joins it. `contradicting`: the first value stays. */
export type LabelStatus = 'recorded' | 'duplicate' | 'contradicting' | 'early';

export interface LabelAnswer {
  readonly predictionId: string;
  readonly status: LabelStatus;
}

/** Stores what really happened. The first value of a prediction stays; repeating it changes nothing, another one is noted as a contradiction. */
export async function recordGroundTruth(
  { labels, predictions }: { readonly labels: Labels; readonly predictions: Pick<Predictions, 'known'> },
  ctx: Context,
  given: readonly GroundTruth[],
): Promise<readonly LabelAnswer[]> {
  const receivedAt = ctx.now.toISOString();
  const first = new Map<string, Label>();
  for (const { predictionId, value, observedAt } of given) {
    if (first.has(predictionId)) continue;
    first.set(predictionId, { predictionId, value, observedAt: observedAt ?? receivedAt, receivedAt, recordedBy: ctx.principal.id });
  }
  const ids = [...first.keys()];
  const inserted = await labels.insertOnce(ctx.tenant, [...first.values()]);
  const [stored, known] = await Promise.all([labels.find(ctx.tenant, ids), predictions.known(ctx.tenant, ids)]);
  const fresh = new Set(inserted);
  const answers = given.map(({ predictionId, value }): LabelAnswer => {
    if (stored.get(predictionId)?.value !== value) return { predictionId, status: 'contradicting' };
    // Only the first of two equal lines in one call is the one that was stored.
    if (!fresh.delete(predictionId)) return { predictionId, status: 'duplicate' };
    return { predictionId, status: known.has(predictionId) ? 'recorded' : 'early' };
  });
  const contradicted = new Set(answers.filter(({ status }) => status === 'contradicting').map(({ predictionId }) => predictionId));
  if (contradicted.size > 0) {
    await labels.contradict(
      ctx.tenant,
      [...contradicted].map((predictionId) => ({ predictionId, by: ctx.principal.id })),
    );
  }
  return answers;
}
