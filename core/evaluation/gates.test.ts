import { describe, expect, it } from 'vitest';
import type { PlanGate } from '#core/pipelines/index.ts';
import { decideGates } from './gates.ts';

const metrics = {
  auc: { value: 0.62, low: 0.59, high: 0.65 },
  log_loss: { value: 0.5, low: 0.45, high: 0.55 },
  latency_p95_ms: { value: 4 },
  average_precision: { value: null },
};

function gate(settings: Omit<PlanGate, 'name'>): PlanGate {
  return { ...settings, name: `${settings.metric} ${settings.atLeast === undefined ? 'at most' : 'at least'}` };
}

describe('gates', () => {
  it.each([
    {
      gate: gate({ metric: 'auc', atLeast: 0.6, on: 'bound' }),
      observed: 0.59,
      passed: false,
      reason: 'auc 0.62, lower bound 0.59: is not at least 0.6',
    },
    { gate: gate({ metric: 'auc', atLeast: 0.6, on: 'point' }), observed: 0.62, passed: true, reason: 'auc 0.62: is at least 0.6' },
    {
      gate: gate({ metric: 'auc', atLeast: 0.59, on: 'bound' }),
      observed: 0.59,
      passed: true,
      reason: 'auc 0.62, lower bound 0.59: is at least 0.59',
    },
    {
      gate: gate({ metric: 'log_loss', atMost: 0.54, on: 'bound' }),
      observed: 0.55,
      passed: false,
      reason: 'log_loss 0.5, upper bound 0.55: is not at most 0.54',
    },
    {
      gate: gate({ metric: 'latency_p95_ms', atMost: 100, on: 'bound' }),
      observed: 4,
      passed: true,
      reason: 'latency_p95_ms 4: is at most 100',
    },
    {
      gate: gate({ metric: 'average_precision', atLeast: 0, on: 'bound' }),
      observed: null,
      passed: false,
      reason: 'average_precision could not be measured on these rows, so the gate stays shut',
    },
    {
      gate: gate({ metric: 'brier', atMost: 1, on: 'point' }),
      observed: null,
      passed: false,
      reason: 'brier could not be measured on these rows, so the gate stays shut',
    },
  ])('$reason', ({ gate, observed, passed, reason }) => {
    expect(decideGates([gate], metrics)).toMatchObject([{ gate: gate.name, observed, passed, reason }]);
  });

  it('lets everything pass when nothing is asked', () => expect(decideGates([], metrics)).toEqual([]));
});
