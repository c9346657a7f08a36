import type { Context } from '#core/kernel/index.ts';
import type { Label, Labels, Predictions, StoredLabel } from './ports.ts';

export interface GroundTruth {
  readonly predictionId: string;
  readonly value: boolean;
  readonly observedAt?: string | undefined;
}

/**
 * `recorded`: stored, and the prediction is in the log. `early`: stored, and joins the prediction when it reaches the log, which
 * does not have it so far. `duplicate`: the same value was stored before. `contradicting`: the other value was; it stays, and who
 * sent this one is noted. `unknown`: an early label said again more than a day later, and still nobody has logged such a prediction.
 */
export type LabelStatus = 'recorded' | 'early' | 'duplicate' | 'contradicting' | 'unknown';

export interface LabelAnswer {
  readonly predictionId: string;
  readonly status: LabelStatus;
  /** It came, or was observed, more than 30 days after the prediction was given: it is kept, but scans of that time are over. */
  readonly late: boolean;
}

const DAY_MS = 24 * 3600 * 1000;
const LATE_MS = 30 * DAY_MS;

/** Stores what really happened. The first value of a prediction stays; repeating it changes nothing, another one is noted as a contradiction. */
export async function recordGroundTruth(
  {
    labels,
    predictions,
  }: { readonly labels: Pick<Labels, 'insertOnce' | 'find' | 'contradict'>; readonly predictions: Pick<Predictions, 'givenAt'> },
  ctx: Context,
  given: readonly GroundTruth[],
): Promise<readonly LabelAnswer[]> {
  const receivedAt = ctx.now.toISOString();
  const givenAt = await predictions.givenAt(ctx.tenant, [...new Set(given.map(({ predictionId }) => predictionId))]);
  const first = new Map<string, Label>();
  for (const { predictionId, value, observedAt = receivedAt } of given) {
    if (first.has(predictionId)) continue;
    const early = givenAt.has(predictionId) ? {} : { early: true };
    first.set(predictionId, { predictionId, value, observedAt, receivedAt, recordedBy: ctx.principal.id, ...early });
  }
  const fresh = new Set(await labels.insertOnce(ctx.tenant, [...first.values()]));
  const older = await labels.find(
    ctx.tenant,
    [...first.keys()].filter((id) => !fresh.has(id)),
  );
  const answers = given.map(({ predictionId, value, observedAt = receivedAt }): LabelAnswer => {
    const predictedAt = givenAt.get(predictionId);
    const told = Math.max(ctx.now.getTime(), Date.parse(observedAt));
    const late = predictedAt !== undefined && told - predictedAt.getTime() > LATE_MS;
    const stored = older.get(predictionId) ?? first.get(predictionId);
    if (stored?.value !== value) return { predictionId, status: 'contradicting', late };
    // Only the first of two equal lines in one call is the one that was stored.
    if (!fresh.delete(predictionId))
      return { predictionId, status: isUnknown(stored, predictedAt, ctx.now) ? 'unknown' : 'duplicate', late };
    return { predictionId, status: predictedAt ? 'recorded' : 'early', late };
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

function isUnknown({ early, receivedAt }: Pick<StoredLabel, 'early' | 'receivedAt'>, predictedAt: Date | undefined, now: Date): boolean {
  return early === true && predictedAt === undefined && now.getTime() - Date.parse(receivedAt) > DAY_MS;
}
