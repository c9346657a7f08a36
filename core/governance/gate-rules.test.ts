import { describe, expect, it } from 'vitest';
import { demandGates, type Gate } from './gate-rules.ts';
import { BUILT_IN, type GateRule } from './policy.ts';

function asked(rules: readonly GateRule[], gates: readonly Gate[], { model = 'flights', environment = null as string | null } = {}) {
  const policy = { ...BUILT_IN, version: 3, rules: { approvals: [], gates: rules } };
  try {
    demandGates(policy, { model, environment, gates });
    return [];
  } catch (error) {
    const { failure } = error as { failure: { code: string; gates: readonly string[] } };
    expect(failure).toMatchObject({ code: 'gates_missing', policyVersion: 3, model, environment });
    return failure.gates;
  }
}

describe('gates that a policy demands', () => {
  it.each<[string, Omit<GateRule, 'models'>, Gate, boolean]>([
    ['the very same', { metric: 'auc', atLeast: 0.6 }, { metric: 'auc', atLeast: 0.6 }, true],
    ['a stricter one', { metric: 'auc', atLeast: 0.6 }, { metric: 'auc', atLeast: 0.7 }, true],
    ['a weaker one', { metric: 'auc', atLeast: 0.6 }, { metric: 'auc', atLeast: 0.59 }, false],
    ['one the other way round', { metric: 'auc', atLeast: 0.6 }, { metric: 'auc', atMost: 0.9 }, false],
    ['one on another metric', { metric: 'auc', atLeast: 0.6 }, { metric: 'f1', atLeast: 0.9 }, false],
    ['a lower ceiling', { metric: 'latency_p95_ms', atMost: 100 }, { metric: 'latency_p95_ms', atMost: 20 }, true],
    ['a higher ceiling', { metric: 'latency_p95_ms', atMost: 100 }, { metric: 'latency_p95_ms', atMost: 101 }, false],
    ['any gate', { metric: 'auc' }, { metric: 'auc', atLeast: 0.01 }, true],
    ['the champion', { metric: 'auc', noWorseThan: 'champion' }, { metric: 'auc', noWorseThan: 'champion' }, true],
    [
      'the champion, too generously',
      { metric: 'auc', noWorseThan: 'champion' },
      { metric: 'auc', noWorseThan: 'champion', margin: 0.1 },
      false,
    ],
    [
      'the champion within the margin',
      { metric: 'auc', noWorseThan: 'champion', margin: 0.02 },
      { metric: 'auc', noWorseThan: 'champion', margin: 0.01 },
      true,
    ],
    ['a bar in place of the champion', { metric: 'auc', noWorseThan: 'champion' }, { metric: 'auc', atLeast: 0.9 }, false],
  ])('are met, or not, by %s', (_, rule, gate, met) => {
    expect(asked([{ models: 'flights', ...rule }], [gate])).toHaveLength(met ? 0 : 1);
  });

  it.each([
    ['flights', 'flights', true],
    ['flights', 'flights-2', false],
    ['*', 'flights', true],
    ['fl*', 'flights', true],
    ['*-risk', 'credit-risk', true],
    ['*-risk', 'credit-risk-2', false],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*a*', 'bab', true],
  ])('of %s concern %s: %s', (models, model, concerned) => {
    expect(asked([{ models, metric: 'auc' }], [], { model })).toHaveLength(concerned ? 1 : 0);
  });

  it('concern the environments they name, of which none is one', () => {
    const rules = (environments?: (string | null)[]) => [{ models: '*', metric: 'auc', ...(environments ? { environments } : {}) }];
    expect(asked(rules(['prod']), [], { environment: 'prod' })).toHaveLength(1);
    expect(asked(rules(['prod']), [])).toEqual([]);
    expect(asked(rules([null]), [])).toHaveLength(1);
    expect(asked(rules([null]), [], { environment: 'prod' })).toEqual([]);
    expect(asked(rules(), [], { environment: 'prod' })).toHaveLength(1);
  });

  it('are named all at once, each in words', () => {
    const rules: GateRule[] = [
      { models: '*', metric: 'auc', atLeast: 0.6 },
      { models: '*', metric: 'latency_p95_ms', atMost: 50 },
      { models: '*', metric: 'brier' },
      { models: '*', metric: 'f1', noWorseThan: 'champion' },
      { models: '*', metric: 'f1', noWorseThan: 'champion', margin: 0.02 },
    ];
    expect(asked(rules, [])).toEqual([
      'auc at least 0.6',
      'latency_p95_ms at most 50',
      'any gate on brier',
      'f1 no worse than champion',
      'f1 no worse than champion by more than 0.02',
    ]);
  });
});
