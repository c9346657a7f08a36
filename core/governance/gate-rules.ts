import { DomainError } from '#core/kernel/index.ts';
import { fits, type GateRule, type Policy } from './policy.ts';

/** A gate as a pipeline has it; the bound is asked pessimistically, the point is not. */
export interface Gate {
  readonly metric: string;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly noWorseThan?: 'champion' | undefined;
  readonly margin?: number | undefined;
}

export interface Gated {
  readonly model: string;
  readonly environment: string | null;
  readonly gates: readonly Gate[];
}

/** @throws {DomainError} `gates_missing`, naming each gate that the policy demands of this model and that is not there, or asks for less */
export function demandGates(policy: Policy, { model, environment, gates }: Gated): void {
  const missing = policy.rules.gates
    .filter((rule) => fits(rule, model, environment) && !gates.some((gate) => satisfies(gate, rule)))
    .map(sentence);
  if (missing.length > 0)
    throw new DomainError({ code: 'gates_missing', policyVersion: policy.version, model, environment, gates: missing });
}

function satisfies(gate: Gate, { metric, atLeast, atMost, noWorseThan, margin = 0 }: GateRule): boolean {
  if (gate.metric !== metric) return false;
  if (atLeast !== undefined) return gate.atLeast !== undefined && gate.atLeast >= atLeast;
  if (atMost !== undefined) return gate.atMost !== undefined && gate.atMost <= atMost;
  return noWorseThan === undefined || (gate.noWorseThan === noWorseThan && (gate.margin ?? 0) <= margin);
}

function sentence({ metric, atLeast, atMost, noWorseThan, margin = 0 }: GateRule): string {
  if (atLeast !== undefined) return `${metric} at least ${atLeast}`;
  if (atMost !== undefined) return `${metric} at most ${atMost}`;
  if (noWorseThan === undefined) return `any gate on ${metric}`;
  return `${metric} no worse than ${noWorseThan}${margin === 0 ? '' : ` by more than ${margin}`}`;
}
