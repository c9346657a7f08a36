import type { PlanGate } from '#core/pipelines/index.ts';

/** A metric with the interval it is known to lie in; latency and size are measured once and have none. */
export interface Estimate {
  readonly value: number | null;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface GateVerdict {
  readonly gate: string;
  readonly metric: string;
  readonly comparison: 'at_least' | 'at_most';
  readonly observed: number | null;
  readonly threshold: number;
  readonly passed: boolean;
  readonly reason: string;
}

/**
 * Asks each gate of the evaluation. A gate on the bound takes the pessimistic end of the interval (the low one for "at least", the
 * high one for "at most"), so that a lucky test set does not open it. A metric that could not be measured keeps its gate shut.
 */
export function decideGates(gates: readonly PlanGate[], metrics: Readonly<Record<string, Estimate>>): GateVerdict[] {
  return gates.map((gate) => decide(gate, metrics[gate.metric] ?? { value: null }));
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
