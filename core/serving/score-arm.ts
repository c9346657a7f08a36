import { type Context, DomainError } from '#core/kernel/index.ts';
import { type Features, packRows } from './pack-rows.ts';
import type { ServedModels, Stopwatch } from './ports.ts';
import type { Prediction, PredictionMessage } from './prediction-record.ts';
import { type Arm, armName, type RoutingEntry } from './routing.ts';

export interface RowToPredict {
  readonly id: string;
  readonly unit?: string | undefined;
  readonly eventTime?: string | undefined;
  readonly features: Features;
}

/** One call, as every arm that has rows of it sees it. */
export interface ArmPorts {
  readonly models: ServedModels;
  readonly time: Stopwatch;
}

export interface AskedCall {
  readonly ctx: Context;
  readonly entry: RoutingEntry;
  readonly rows: readonly RowToPredict[];
}

/** What one arm made of its rows of one call. */
export interface Attempt {
  readonly arm: Arm;
  /** Which of the call's rows were its own, in their order. */
  readonly indexes: readonly number[];
  readonly durationMs: number;
  readonly message: PredictionMessage;
  /** What was thrown, when it has no answers. */
  readonly error?: unknown;
}

/**
 * Scores one arm's rows of a call. Never throws: what goes wrong is the attempt's error.
 *
 * @param budgetMs how long it may take, loading the model included. A graph computes without a pause, so one that is too slow is
 * found out when it is done; its answers are then not used either, so that the budget means the same for every cause.
 */
export async function scoreArm(
  { models, time }: ArmPorts,
  call: AskedCall,
  arm: Arm,
  indexes: readonly number[],
  budgetMs?: number,
): Promise<Attempt> {
  const startedAt = time.now();
  let loadedAt = startedAt;
  const mine = indexes.map((index) => call.rows[index] as RowToPredict);
  const work = async () => {
    const { signature, score } = await models.load(arm);
    loadedAt = time.now();
    const columns = asTheCallerCounts(indexes, () =>
      packRows(
        signature,
        mine.map((row) => row.features),
      ),
    );
    return { signature, scores: await score(columns, mine.length) };
  };
  try {
    const { signature, scores } = await (budgetMs === undefined ? work() : time.within(budgetMs, work()));
    const endedAt = time.now();
    if (budgetMs !== undefined && endedAt - startedAt > budgetMs) throw new Error(`it took more than its ${budgetMs} ms`);
    const durationMs = endedAt - loadedAt;
    const receivedAt = call.ctx.now.toISOString();
    const message: PredictionMessage = {
      ...heading(call, arm, receivedAt),
      call: { id: callId(call, arm), rows: mine.length, durationMs, outcome: 'ok' },
      types: Object.fromEntries(signature.inputs.map((input) => [input.name, input.type])),
      predictions: mine.map((row, at) => given(row, receivedAt, scores[at] as number, signature.threshold)),
    };
    return { arm, indexes, durationMs, message };
  } catch (error) {
    const durationMs = time.now() - loadedAt;
    const message: PredictionMessage = {
      ...heading(call, arm, call.ctx.now.toISOString()),
      call: { id: callId(call, arm), rows: mine.length, durationMs, outcome: 'error', error: reason(error) },
      types: {},
      predictions: [],
    };
    return { arm, indexes, durationMs, message, error };
  }
}

function heading({ ctx, entry }: AskedCall, arm: Arm, receivedAt: string) {
  return {
    schema: 'sluice.predictions.v1',
    tenant: ctx.tenant,
    model: entry.model,
    modelId: entry.modelId,
    version: arm.version,
    versionId: arm.versionId,
    arm: armName(arm),
    receivedAt,
    ...(ctx.traceparent === undefined ? {} : { traceparent: ctx.traceparent }),
  } as const;
}

function callId({ ctx }: AskedCall, arm: Arm): string {
  return `${ctx.requestId}.${armName(arm)}`;
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}

function given({ id, unit, eventTime, features }: RowToPredict, receivedAt: string, score: number, threshold: number): Prediction {
  return {
    id,
    ...(unit === undefined ? {} : { unit }),
    eventTime: eventTime ?? receivedAt,
    features,
    output: { label: score >= threshold, score },
  };
}

/** An arm sees only its own rows; the caller's problems carry the numbers of all rows. */
function asTheCallerCounts<T>(indexes: readonly number[], pack: () => T): T {
  try {
    return pack();
  } catch (error) {
    if (!(error instanceof DomainError) || error.failure.code !== 'features_invalid') throw error;
    const issues = error.failure.issues.map((issue) => ({ ...issue, row: indexes[issue.row] ?? issue.row }));
    throw new DomainError({ code: 'features_invalid', issues });
  }
}
