import { describe, expect, it } from 'vitest';
import { isOver, mayTurn, ROLLOUT_STATUSES, type RolloutStatus } from './rollout-status.ts';

describe('the statuses of a rollout', () => {
  const allowed = new Set([
    'queued>running',
    ...['queued', 'running', 'paused'].flatMap((from) => ['rolled_back', 'aborted', 'failed'].map((to) => `${from}>${to}`)),
    'running>paused',
    'running>succeeded',
    'paused>running',
  ]);

  it.each(ROLLOUT_STATUSES.flatMap((from) => ROLLOUT_STATUSES.map((to): [RolloutStatus, RolloutStatus] => [from, to])))(
    '%s → %s',
    (from, to) => {
      const move = () => mayTurn({ id: 'r', status: from }, to);
      if (from === to) expect(move()).toBe(false);
      else if (allowed.has(`${from}>${to}`)) expect(move()).toBe(true);
      else expect(move).toThrow(isOver(from) ? /rollout ended/ : /wrong stage/);
    },
  );
});
