import type { Plan, RowMetric } from '#core/pipelines/index.ts';
import type { PairedDifference } from './paired-bootstrap.ts';

/** The version that the pipeline's alias points at, beside the challenger on the same rows. Plain JSON. */
export type ChampionComparison =
  | { readonly version: number; readonly artifactSha256: string; readonly comparable: false; readonly reason: string }
  | {
      readonly version: number;
      readonly artifactSha256: string;
      readonly comparable: true;
      readonly differences: Readonly<Partial<Record<RowMetric, PairedDifference>>>;
    };

/** Metrics of which less is better. */
const LESS_IS_BETTER: ReadonlySet<string> = new Set<RowMetric>(['log_loss', 'brier', 'ece']);

/** How much better the challenger is, whichever way the metric goes: above 0 is better, and `low` is the pessimistic end. */
export function advantageOf(
  metric: RowMetric,
  { difference, low, high }: PairedDifference,
): { readonly value: number | null; readonly low?: number | undefined; readonly high?: number | undefined } {
  if (!LESS_IS_BETTER.has(metric)) return { value: difference, low, high };
  return { value: negated(difference ?? undefined) ?? null, low: negated(high), high: negated(low) };
}

/** What the interval of the difference says: `better` and `worse` where it lies on one side of 0 and not on it. */
export function standingOf(metric: RowMetric, difference: PairedDifference): 'better' | 'worse' | 'undecided' {
  const { low, high } = advantageOf(metric, difference);
  if (low !== undefined && low > 0) return 'better';
  return high !== undefined && high < 0 ? 'worse' : 'undecided';
}

/** Each difference with what its interval says, as callers and readers see it. */
export function standingsOf(differences: Extract<ChampionComparison, { comparable: true }>['differences']) {
  const told = (Object.entries(differences) as [RowMetric, PairedDifference][]).map(
    ([metric, difference]) => [metric, { ...difference, verdict: standingOf(metric, difference) }] as const,
  );
  return Object.fromEntries(told);
}

/** What a model takes, as far as it must be found in the rows. */
export interface ModelInputNeed {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** Why a model that was made for other rows cannot be asked about the test rows of this plan; undefined when it can. */
export function misfitOf(plan: Pick<Plan, 'columns' | 'evaluation'>, inputs: readonly ModelInputNeed[]): string | undefined {
  const columns = new Map(plan.columns.map((column) => [column.name, column]));
  for (const { name, type, nullable } of inputs) {
    const column = columns.get(name);
    if (!column) return `it takes ${name}, which these rows do not have`;
    if (column.role === 'ignore' && !plan.evaluation.segments.includes(name)) return `it takes ${name}, which this pipeline ignores`;
    if (column.type !== type) return `it takes ${name} as ${type}; in these rows it is of type ${column.type}`;
    if (column.nullable && !nullable) return `it takes no missing ${name}, and in these rows it may be missing`;
  }
  return undefined;
}

/** 0 stays 0: −0 would be shown. */
function negated(value: number | undefined): number | undefined {
  return value === undefined ? undefined : 0 - value;
}
