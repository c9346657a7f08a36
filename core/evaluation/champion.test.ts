import { describe, expect, it } from 'vitest';
import { compilePlan } from '#core/pipelines/index.ts';
import { definitionOf } from '../../test/support/pipeline-definition.ts';
import { misfitOf, standingOf } from './champion.ts';

const plan = compilePlan({ base: definitionOf(), environments: {} });
const input = (name: string, type: string, nullable = false) => ({ name, type, nullable });

describe('a champion before other rows', () => {
  it.each([
    { name: 'the same columns', inputs: [input('distance', 'integer'), input('origin', 'category', true)], misfit: undefined },
    { name: 'fewer columns', inputs: [input('date', 'datetime')], misfit: undefined },
    { name: 'a column that is gone', inputs: [input('airline', 'category')], misfit: 'it takes airline, which these rows do not have' },
    {
      name: 'a column of another type',
      inputs: [input('distance', 'number')],
      misfit: 'it takes distance as number; in these rows it is of type integer',
    },
    {
      name: 'a column that may be missing now',
      inputs: [input('origin', 'category')],
      misfit: 'it takes no missing origin, and in these rows it may be missing',
    },
  ])('with $name', ({ inputs, misfit }) => expect(misfitOf(plan, inputs)).toBe(misfit));

  it('that takes an ignored column finds it only when a segment kept it', () => {
    const { schema, evaluation } = definitionOf();
    const origin = { type: 'category', role: 'ignore', nullable: true } as const;
    const of = (segments: string[]) =>
      compilePlan({ base: definitionOf({ schema: { ...schema, origin }, evaluation: { ...evaluation, segments } }), environments: {} });
    expect(misfitOf(of([]), [input('origin', 'category', true)])).toBe('it takes origin, which this pipeline ignores');
    expect(misfitOf(of(['origin']), [input('origin', 'category', true)])).toBeUndefined();
  });
});

describe('what a difference says', () => {
  const of = (low: number, high: number) => ({ challenger: 1, champion: 1, difference: (low + high) / 2, low, high });
  it.each([
    ['auc', of(0.01, 0.02), 'better'],
    ['auc', of(-0.02, -0.01), 'worse'],
    ['auc', of(-0.01, 0.01), 'undecided'],
    ['auc', of(0, 0), 'undecided'],
    ['log_loss', of(0.01, 0.02), 'worse'],
    ['ece', of(-0.02, -0.01), 'better'],
    ['auc', { challenger: null, champion: null, difference: null }, 'undecided'],
  ] as const)('%s %o: %s', (metric, difference, standing) => expect(standingOf(metric, difference)).toBe(standing));
});
