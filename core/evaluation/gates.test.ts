import { describe, expect, it } from 'vitest';
import type { PlanGate } from '#core/pipelines/index.ts';
import type { ChampionComparison } from './champion.ts';
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
    expect(decideGates([gate], metrics, null)).toMatchObject([{ gate: gate.name, observed, passed, reason }]);
  });

  const compared: ChampionComparison = {
    version: 3,
    artifactSha256: 'a'.repeat(64),
    comparable: true,
    differences: {
      auc: { challenger: 0.69, champion: 0.67, difference: 0.02, low: 0.012, high: 0.028 },
      average_precision: { challenger: null, champion: null, difference: null },
      log_loss: { challenger: 0.5, champion: 0.49, difference: 0.01, low: 0.004, high: 0.016 },
      brier: { challenger: 0.2, champion: 0.25, difference: -0.05, low: -0.06, high: -0.04 },
      f1: { challenger: 0.4, champion: 0.4, difference: 0, low: 0, high: 0 },
    },
  };
  const stranger: ChampionComparison = {
    version: 3,
    artifactSha256: 'a'.repeat(64),
    comparable: false,
    reason: 'it takes origin as number',
  };

  it.each([
    {
      name: 'a better one',
      ask: { metric: 'auc', on: 'bound' },
      champion: compared,
      verdict: { observed: 0.012, threshold: 0, passed: true },
      reason: 'auc 0.69 against 0.67 of version 3: better by 0.02, at the pessimistic end better by 0.012: within the margin of 0',
    },
    {
      name: 'one that is worse by more than the margin at the pessimistic end',
      ask: { metric: 'log_loss', margin: 0.015, on: 'bound' },
      champion: compared,
      verdict: { observed: -0.016, threshold: -0.015, passed: false },
      reason: 'log_loss 0.5 against 0.49 of version 3: worse by 0.01, at the pessimistic end worse by 0.016: beyond the margin of 0.015',
    },
    {
      name: 'the same one by the point',
      ask: { metric: 'log_loss', margin: 0.015, on: 'point' },
      champion: compared,
      verdict: { observed: -0.01, threshold: -0.015, passed: true },
      reason: 'log_loss 0.5 against 0.49 of version 3: worse by 0.01: within the margin of 0.015',
    },
    {
      name: 'one that is worse by just the margin',
      ask: { metric: 'log_loss', margin: 0.016, on: 'bound' },
      champion: compared,
      verdict: { observed: -0.016, threshold: -0.016, passed: true },
      reason: /within the margin of 0.016$/,
    },
    {
      name: 'one with less of what less is better of',
      ask: { metric: 'brier', on: 'bound' },
      champion: compared,
      verdict: { observed: 0.04, threshold: 0, passed: true },
      reason: /better by 0.05, at the pessimistic end better by 0.04:/,
    },
    {
      name: 'an equal',
      ask: { metric: 'f1', on: 'bound' },
      champion: compared,
      verdict: { observed: 0, passed: true },
      reason: /within the margin of 0$/,
    },
    {
      name: 'what could not be measured',
      ask: { metric: 'average_precision', on: 'bound' },
      champion: compared,
      verdict: { observed: null, passed: false },
      reason: /could not be compared on these rows, so the gate stays shut$/,
    },
    {
      name: 'a champion that these rows do not fit',
      ask: { metric: 'auc', on: 'bound' },
      champion: stranger,
      verdict: { observed: null, passed: false },
      reason: 'the champion, version 3, cannot be asked about these rows: it takes origin as number',
    },
    {
      name: 'nobody',
      ask: { metric: 'auc', margin: 0.01, on: 'bound' },
      champion: null,
      verdict: { observed: null, threshold: -0.01, passed: true },
      reason: /^no champion yet/,
    },
  ] as const)('compares with the champion: $name', ({ ask, champion, verdict, reason }) => {
    const gate: PlanGate = { ...ask, noWorseThan: 'champion', name: `${ask.metric} no worse than champion` };
    expect(decideGates([gate], metrics, champion)).toEqual([
      {
        gate: gate.name,
        metric: ask.metric,
        comparison: 'no_worse_than_champion',
        threshold: expect.any(Number),
        ...verdict,
        reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
      },
    ]);
  });

  it('lets everything pass when nothing is asked', () => expect(decideGates([], metrics, null)).toEqual([]));
});
