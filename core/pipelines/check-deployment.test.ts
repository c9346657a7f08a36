import { describe, expect, it } from 'vitest';
import { CANARY_DEFAULTS, longestSeconds, rolloutPlan } from '#core/rollout/index.ts';
import { definitionOf } from '../../test/support/pipeline-definition.ts';
import { checkDefinition } from './check-definition.ts';

type Steps = readonly (readonly [share: number, bakeMinutes: number])[];

function issuesOf(steps: Steps): string[] {
  const canary = { ...CANARY_DEFAULTS, steps: steps.map(([share, bakeMinutes]) => ({ share, bakeMinutes })) };
  const deployment = { model: 'flights', alias: 'champion', strategy: 'canary', canary } as const;
  return checkDefinition(definitionOf({ deployment })).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the steps of a canary', () => {
  it.each<{ steps: Steps }>([
    {
      steps: [
        [0.1, 15],
        [0.5, 15],
        [1, 15],
      ],
    },
    { steps: [[1, 0]] },
    {
      steps: [
        [0.05, 0.05],
        [1, 0],
      ],
    },
  ])('$steps are fine', ({ steps }) => expect(issuesOf(steps)).toEqual([]));

  it.each<{ steps: Steps; issue: string }>([
    {
      steps: [
        [0.5, 1],
        [0.5, 1],
        [1, 1],
      ],
      issue: 'deployment.canary.steps.1.share: share 0.5 is not above 0.5, which the step before it has',
    },
    {
      steps: [
        [0.5, 1],
        [0.1, 1],
        [1, 1],
      ],
      issue: 'deployment.canary.steps.1.share: share 0.1 is not above 0.5, which the step before it has',
    },
    {
      steps: [
        [0.1, 1],
        [0.5, 1],
      ],
      issue: 'deployment.canary.steps.1.share: the last step has to serve everybody',
    },
    {
      steps: [
        [0.1, 0],
        [1, 1],
      ],
      issue: 'deployment.canary.steps.0.bakeMinutes: only the last step may go without a bake; the others are there to be judged',
    },
  ])('$steps are not', ({ steps, issue }) => expect(issuesOf(steps)).toEqual([issue]));
});

describe('the plan of a rollout', () => {
  it('counts in whole seconds, and waits for all that its steps may take', () => {
    const canary = {
      ...CANARY_DEFAULTS,
      steps: [
        { share: 0.1, bakeMinutes: 0.05 },
        { share: 1, bakeMinutes: 1.001 },
      ],
      patienceMinutes: 1,
    };
    const plan = rolloutPlan('canary', canary);
    expect(plan).toMatchObject({
      steps: [
        { share: 0.1, bakeSeconds: 3 },
        { share: 1, bakeSeconds: 61 },
      ],
      patienceSeconds: 60,
    });
    expect(longestSeconds(plan)).toBeGreaterThan(3 + 61 + 2 * 60 + 7 * 24 * 3600);
  });

  it('is one step without a bake when all is to happen at once', () =>
    expect(rolloutPlan('all-at-once')).toMatchObject({ steps: [{ share: 1, bakeSeconds: 0 }] }));
});
