import { type Context, DomainError } from '#core/kernel/index.ts';
import type { PredictionQueue, Routing } from './ports.ts';
import { type Arm, assignArm, type RoutingEntry } from './routing.ts';
import { type ArmPorts, type AskedCall, type Attempt, type RowToPredict, scoreArm } from './score-arm.ts';

export interface PredictPorts extends ArmPorts {
  readonly routing: Pick<Routing, 'read'>;
  readonly queue: PredictionQueue;
  /** Told of what each version did for a call, also of a version that failed. */
  readonly observe: (served: ServedCall) => void;
}

/** What one version did for one call. */
export interface ServedCall {
  readonly model: string;
  readonly version: number;
  readonly rows: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'error';
}

export interface Predicted {
  readonly model: string;
  /** The version that is live; a row may have met another arm. */
  readonly version: number;
  readonly predictions: readonly PredictedRow[];
  /** The places of the rows that no version serves yet. */
  readonly unserved: readonly number[];
}

export interface PredictedRow {
  /** Its place in the call. */
  readonly row: number;
  readonly id: string;
  readonly label: boolean;
  readonly score: number;
  readonly version: number;
  readonly arm: string;
}

/** How long a version that is being rolled out may take before the one that serves already answers in its place. */
const CANARY_BUDGET_MS = 3000;

/**
 * Scores the rows and answers once they are kept for the log. Every row that somebody serves or none; a retry with the same ids is
 * logged once. What the version that is being rolled out cannot answer, the one before it does.
 */
export async function predict(
  ports: PredictPorts,
  ctx: Context,
  { model, rows }: { readonly model: string; readonly rows: readonly RowToPredict[] },
): Promise<Predicted> {
  const entry = await ports.routing.read(ctx.tenant, model);
  if (!entry || entry.arms.length === 0) throw new DomainError({ code: 'model_not_live', model });
  const { groups, unserved } = rowsByArm(entry, rows);
  if (rows.length > 0 && unserved.length === rows.length)
    throw new DomainError({ code: 'model_not_live', model, share: shareServed(entry) });

  const call = { ctx, entry, rows };
  const attempts = await attemptAll(ports, call, groups);
  const fatal = attempts.at(-1)?.error;
  const told = fatal === undefined ? attempts : attempts.filter(({ error }) => error !== undefined && !isCallersMistake(error));
  for (const { arm, indexes, durationMs, error } of told)
    ports.observe({ model, version: arm.version, rows: indexes.length, durationMs, outcome: error === undefined ? 'ok' : 'error' });
  const sent = told.map(({ message }) => ports.queue.send(message));
  if (fatal !== undefined) {
    // The caller gets the error that matters to him, whether or not the failure could be noted.
    await Promise.allSettled(sent);
    throw fatal;
  }
  await Promise.all(sent);
  return { model, version: entry.version, predictions: inOrder(attempts, rows.length), unserved };
}

/**
 * One attempt for each arm, one after the other: graphs compute on this one thread, and no version's time shall count as
 * another's. Only the version that is being rolled out may fail; otherwise the failure is the last attempt.
 */
async function attemptAll(ports: ArmPorts, call: AskedCall, groups: Map<Arm, readonly number[]>): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const [canary, stable] = [call.entry.arms.at(-1), call.entry.arms.at(-2)];
  const canarys = canary && groups.get(canary);
  if (canary && stable && canarys) {
    const attempt = await scoreArm(ports, call, canary, canarys, CANARY_BUDGET_MS);
    attempts.push(attempt);
    groups.delete(canary);
    if (attempt.error !== undefined)
      groups.set(
        stable,
        [...(groups.get(stable) ?? []), ...canarys].sort((a, b) => a - b),
      );
  }
  for (const [arm, indexes] of groups) {
    const attempt = await scoreArm(ports, call, arm, indexes);
    attempts.push(attempt);
    if (attempt.error !== undefined) break;
  }
  return attempts;
}

function isCallersMistake(error: unknown): boolean {
  return error instanceof DomainError && error.failure.code === 'features_invalid';
}

interface Dealt {
  readonly groups: Map<Arm, readonly number[]>;
  readonly unserved: readonly number[];
}

function rowsByArm(entry: RoutingEntry, rows: readonly RowToPredict[]): Dealt {
  const groups = new Map<Arm, number[]>();
  const unserved: number[] = [];
  for (const [index, row] of rows.entries()) {
    const arm = assignArm(entry, row.unit ?? row.id);
    const group = arm ? groups.get(arm) : unserved;
    if (group) group.push(index);
    else if (arm) groups.set(arm, [index]);
  }
  return { groups, unserved };
}

/** The share of the units that some version serves. */
function shareServed({ arms, unserved }: RoutingEntry): number {
  const served = arms.reduce((sum, { weight }) => sum + weight, 0);
  return served === 0 ? 0 : served / (served + unserved);
}

function inOrder(attempts: readonly Attempt[], rows: number): readonly PredictedRow[] {
  const byRow = new Array<PredictedRow | undefined>(rows);
  for (const { indexes, message } of attempts) {
    for (const [at, { id, output }] of message.predictions.entries()) {
      const row = indexes[at] ?? at;
      byRow[row] = { row, id, label: output.label, score: output.score, version: message.version, arm: message.arm };
    }
  }
  return byRow.filter((each) => each !== undefined);
}
