import { type Context, DomainError } from '#core/kernel/index.ts';
import { type Features, packRows } from './pack-rows.ts';
import type { PredictionQueue, Routing, ServedModels } from './ports.ts';
import type { Prediction, PredictionMessage } from './prediction-record.ts';
import { type Arm, armName, assignArm, type RoutingEntry } from './routing.ts';

export interface PredictPorts {
  readonly routing: Pick<Routing, 'read'>;
  readonly models: ServedModels;
  readonly queue: PredictionQueue;
}

export interface RowToPredict {
  readonly id: string;
  readonly unit?: string | undefined;
  readonly eventTime?: string | undefined;
  readonly features: Features;
}

export interface Predicted {
  readonly model: string;
  /** The version that is live; a row may have met another arm. */
  readonly version: number;
  readonly predictions: readonly PredictedRow[];
}

export interface PredictedRow {
  readonly id: string;
  readonly label: boolean;
  readonly score: number;
  readonly version: number;
  readonly arm: string;
}

/** Scores the rows and answers once they are kept for the log. All rows or none; a retry with the same ids is logged once. */
export async function predict(
  { routing, models, queue }: PredictPorts,
  ctx: Context,
  { model, rows }: { readonly model: string; readonly rows: readonly RowToPredict[] },
): Promise<Predicted> {
  const entry = await routing.read(ctx.tenant, model);
  if (!entry) throw new DomainError({ code: 'model_not_live', model });
  const messages = await Promise.all(
    [...rowsByArm(entry, rows)].map(async ([arm, indexes]) => ({
      arm,
      indexes,
      message: await score(models, ctx, entry, arm, rows, indexes),
    })),
  );
  await Promise.all(messages.map(({ message }) => queue.send(message)));
  const predictions = new Array<PredictedRow>(rows.length);
  for (const { arm, indexes, message } of messages) {
    for (const [at, { id, output }] of message.predictions.entries()) {
      predictions[indexes[at] ?? at] = { id, ...output, version: arm.version, arm: message.arm };
    }
  }
  return { model, version: entry.version, predictions };
}

function rowsByArm(entry: RoutingEntry, rows: readonly RowToPredict[]): Map<Arm, number[]> {
  const groups = new Map<Arm, number[]>();
  for (const [index, row] of rows.entries()) {
    const arm = assignArm(entry, row.unit ?? row.id);
    if (!arm) throw new DomainError({ code: 'model_not_live', model: entry.model });
    const group = groups.get(arm);
    if (group) group.push(index);
    else groups.set(arm, [index]);
  }
  return groups;
}

async function score(
  models: ServedModels,
  ctx: Context,
  entry: RoutingEntry,
  arm: Arm,
  rows: readonly RowToPredict[],
  indexes: readonly number[],
): Promise<PredictionMessage> {
  const { signature, score } = await models.load(arm);
  const mine = indexes.map((index) => rows[index] as RowToPredict);
  const columns = asTheCallerCounts(indexes, () =>
    packRows(
      signature,
      mine.map((row) => row.features),
    ),
  );
  const scores = await score(columns, mine.length);
  const receivedAt = ctx.now.toISOString();
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
    types: Object.fromEntries(signature.inputs.map((input) => [input.name, input.type])),
    predictions: mine.map((row, at) => given(row, receivedAt, scores[at] as number, signature.threshold)),
  };
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
