import { type GateDefinition, type PipelineDefinition, ROW_METRICS } from './definition.ts';
import type { DefinitionIssue } from './definition-issue.ts';

export function checkGates({ gates }: PipelineDefinition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  const seen = new Set<string>();
  gates.forEach((gate, at) => {
    const asked = [gate.atLeast, gate.atMost, gate.noWorseThan].filter((one) => one !== undefined).length;
    if (asked !== 1) {
      issues.push({ path: ['gates', at], message: `the gate on ${gate.metric} needs exactly one of atLeast, atMost and noWorseThan` });
    }
    if (gate.margin !== undefined && gate.noWorseThan === undefined) {
      issues.push({
        path: ['gates', at, 'margin'],
        message: 'margin says how much worse than the champion is still good: it needs noWorseThan',
      });
    }
    const compared: readonly string[] = ROW_METRICS;
    if (gate.noWorseThan !== undefined && !compared.includes(gate.metric)) {
      issues.push({
        path: ['gates', at, 'metric'],
        message: `${gate.metric} is not measured row by row, so it is not compared with the champion`,
        suggestion: `one of ${compared.join(', ')}, or atMost`,
      });
    }
    const name = gateName(gate);
    if (seen.has(name)) issues.push({ path: ['gates', at], message: `a second gate asks the same of ${gate.metric}` });
    seen.add(name);
  });
  return issues;
}

/** How a gate is called in verdicts and reports: `auc at least`. One pipeline has each at most once. */
export function gateName(gate: Pick<GateDefinition, 'metric' | 'atLeast' | 'noWorseThan'>): string {
  if (gate.noWorseThan !== undefined) return `${gate.metric} no worse than ${gate.noWorseThan}`;
  return `${gate.metric} ${gate.atLeast === undefined ? 'at most' : 'at least'}`;
}
