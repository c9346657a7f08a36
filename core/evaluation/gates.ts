import type { PlanGate, RowMetric } from '#core/pipelines/index.ts';
import { advantageOf, type ChampionComparison } from './champion.ts';

/** A metric with the interval it is known to lie in; latency and size are measured once and have none. */
export interface Estimate {
  readonly value: number | null;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface GateVerdict {
  readonly gate: string;
  readonly metric: string;
  readonly comparison: 'at_least' | 'at_most' | 'no_worse_than_champion';
  /** Of a comparison with the champion: by how much the challenger is better, whichever way the metric goes. */
  readonly observed: number | null;
  readonly threshold: number;
  readonly passed: boolean;
  readonly reason: string;
}

/**
 * Asks each gate of the evaluation. A gate on the bound takes the pessimistic end of the interval (the low one for "at least", the
 * high one for "at most"), so that a lucky test set does not open it. A metric that could not be measured keeps its gate shut.
 *
 * "No worse than the champion" asks the paired difference on the same rows, turned so that more is better: its pessimistic end must
 * not lie below −margin. Where there is no champion yet, the gate is open; where the champion cannot be asked about these rows, shut.
 */
export function decideGates(
  gates: readonly PlanGate[],
  metrics: Readonly<Record<string, Estimate>>,
  champion: ChampionComparison | null,
): GateVerdict[] {
  return gates.map((gate) =>
    gate.noWorseThan === undefined ? decide(gate, metrics[gate.metric] ?? { value: null }) : compare(gate, champion),
  );
}

function decide(gate: PlanGate, estimate: Estimate): GateVerdict {
  const atLeast = gate.atLeast !== undefined;
  const threshold = gate.atLeast ?? gate.atMost ?? Number.NaN;
  const bound = gate.on === 'bound' ? (atLeast ? estimate.low : estimate.high) : undefined;
  const observed = bound ?? estimate.value;
  const passed = observed !== null && (atLeast ? observed >= threshold : observed <= threshold);
  return {
    gate: gate.name,
    metric: gate.metric,
    comparison: atLeast ? 'at_least' : 'at_most',
    observed,
    threshold,
    passed,
    reason: reasonOf(
      gate.metric,
      { atLeast, threshold, observed, passed, side: bound === undefined ? undefined : atLeast ? 'lower' : 'upper' },
      estimate,
    ),
  };
}

function compare({ name, metric, margin = 0, on }: PlanGate, champion: ChampionComparison | null): GateVerdict {
  const verdict = (passed: boolean, observed: number | null, reason: string): GateVerdict => ({
    gate: name,
    metric,
    comparison: 'no_worse_than_champion',
    observed,
    threshold: margin === 0 ? 0 : -margin,
    passed,
    reason,
  });
  if (!champion) return verdict(true, null, 'no champion yet, so there is nothing to be worse than');
  const named = `the champion, version ${champion.version},`;
  if (!champion.comparable) return verdict(false, null, `${named} cannot be asked about these rows: ${champion.reason}`);
  const row = champion.differences[metric as RowMetric];
  const advantage = row && advantageOf(metric as RowMetric, row);
  const observed = (on === 'bound' ? advantage?.low : advantage?.value) ?? null;
  if (!row || !advantage || observed === null)
    return verdict(false, null, `${metric} of ${named} could not be compared on these rows, so the gate stays shut`);
  const passed = observed >= -margin;
  const values = `${metric} ${shown(row.challenger)} against ${shown(row.champion)} of version ${champion.version}`;
  const bound = on === 'bound' ? `, at the pessimistic end ${by(observed)}` : '';
  const relation = `${passed ? 'within' : 'beyond'} the margin of ${shown(margin)}`;
  return verdict(passed, observed, `${values}: ${by(advantage.value)}${bound}: ${relation}`);
}

function by(advantage: number | null): string {
  return advantage !== null && advantage < 0 ? `worse by ${shown(-advantage)}` : `better by ${shown(advantage)}`;
}

interface Decision {
  readonly atLeast: boolean;
  readonly threshold: number;
  readonly observed: number | null;
  readonly passed: boolean;
  readonly side: 'lower' | 'upper' | undefined;
}

function reasonOf(metric: string, { atLeast, threshold, observed, passed, side }: Decision, { value }: Estimate): string {
  if (observed === null) return `${metric} could not be measured on these rows, so the gate stays shut`;
  const what = side ? `${metric} ${shown(value)}, ${side} bound ${shown(observed)}` : `${metric} ${shown(observed)}`;
  const relation = passed ? 'is' : 'is not';
  return `${what}: ${relation} ${atLeast ? 'at least' : 'at most'} ${shown(threshold)}`;
}

function shown(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(5)));
}
