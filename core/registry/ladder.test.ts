import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_STATUSES, type DeploymentStatus, mayDeploy } from './deployment-status.ts';
import { climbToProduction, mayStep, STAGES, type Stage } from './stage.ts';

/** What a move answers: true to do it, false when there is nothing to do, the refusal's name otherwise. */
function outcome(move: () => boolean): boolean | string {
  try {
    return move();
  } catch (error) {
    return (error as Error).name;
  }
}

describe('the ladder of stages', () => {
  const allowed = new Set([
    'none>staging',
    'none>archived',
    'staging>production',
    'staging>none',
    'staging>archived',
    'production>archived',
    'archived>staging',
  ]);
  it.each(STAGES.flatMap((from) => STAGES.map((to): [Stage, Stage] => [from, to])))('%s → %s', (from, to) => {
    const expected = from === to ? false : allowed.has(`${from}>${to}`) || 'wrong_stage';
    expect(outcome(() => mayStep(from, to))).toBe(expected);
  });

  it.each(STAGES)('leads from %s to production in allowed steps', (from) => {
    let at: Stage = from;
    for (const next of climbToProduction(from)) {
      expect(mayStep(at, next)).toBe(true);
      at = next;
    }
    expect(at).toBe('production');
  });
});

describe('what a rollout did', () => {
  const allowed = new Set([
    'none>deploying',
    'deploying>live',
    'deploying>failed',
    'live>retired',
    'retired>deploying',
    'failed>deploying',
  ]);
  it.each(DEPLOYMENT_STATUSES.flatMap((from) => DEPLOYMENT_STATUSES.map((to): [DeploymentStatus, DeploymentStatus] => [from, to])))(
    '%s → %s',
    (from, to) => {
      const expected = from === to ? false : allowed.has(`${from}>${to}`) || 'wrong_stage';
      expect(outcome(() => mayDeploy(from, to))).toBe(expected);
    },
  );
});
