import { describe, expect, it } from 'vitest';
import { wantsEvent } from './wants-event.ts';

describe('an endpoint', () => {
  it.each([
    [['monitor.drift.detected.v1'], 'monitor.drift.detected.v1', true],
    [['monitor.drift.detected.v1'], 'monitor.drift.detected.v2', false],
    [['monitor.drift.detected.v1'], 'monitor.drift.detected.v10', false],
    [['rollout.*'], 'rollout.rolled-back.v1', true],
    [['rollout.*'], 'rollouts.other.v1', false],
    [['rollout.*'], 'rollout', false],
    [['*'], 'member.changed.v1', true],
    [['retraining.*', 'rollout.paused.v1'], 'rollout.paused.v1', true],
    [[], 'rollout.paused.v1', false],
  ])('that wants %j hears of %s: %s', (wanted, type, heard) => expect(wantsEvent(wanted, type)).toBe(heard));
});
