import { DomainError } from '#core/kernel/index.ts';

export const ROLLOUT_STATUSES = ['queued', 'running', 'paused', 'succeeded', 'rolled_back', 'aborted', 'failed'] as const;
export type RolloutStatus = (typeof ROLLOUT_STATUSES)[number];

/** `rolled_back` is the judge's no, `aborted` a person's, `failed` a defect's. */
const NEXT: Readonly<Record<RolloutStatus, readonly RolloutStatus[]>> = {
  queued: ['running', 'rolled_back', 'aborted', 'failed'],
  running: ['paused', 'succeeded', 'rolled_back', 'aborted', 'failed'],
  paused: ['running', 'rolled_back', 'aborted', 'failed'],
  succeeded: [],
  rolled_back: [],
  aborted: [],
  failed: [],
};

export function isOver(status: RolloutStatus): boolean {
  return NEXT[status].length === 0;
}

/** Whether there is anything to do: staying where one stands changes nothing; a move the table lacks is refused. */
export function mayTurn(rollout: { readonly id: string; readonly status: RolloutStatus }, to: RolloutStatus): boolean {
  const { id, status } = rollout;
  if (status === to) return false;
  if (NEXT[status].includes(to)) return true;
  if (isOver(status)) throw new DomainError({ code: 'rollout_ended', rollout: id, status });
  const before = ROLLOUT_STATUSES.filter((one) => NEXT[one].includes(to));
  throw new DomainError({ code: 'wrong_stage', expected: before.join(' or '), actual: status });
}
