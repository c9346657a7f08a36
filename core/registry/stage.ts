import { DomainError } from '#core/kernel/index.ts';

export const STAGES = ['none', 'staging', 'production', 'archived'] as const;
export type Stage = (typeof STAGES)[number];

/** The ladder: where a version may step from where it stands. */
const NEXT: Readonly<Record<Stage, readonly Stage[]>> = {
  none: ['staging', 'archived'],
  staging: ['production', 'none', 'archived'],
  production: ['archived'],
  archived: ['staging'],
};

/** Whether there is anything to do; a step the ladder lacks is refused. */
export function mayStep(from: Stage, to: Stage): boolean {
  if (from === to) return false;
  if (NEXT[from].includes(to)) return true;
  const below = STAGES.filter((stage) => NEXT[stage].includes(to));
  throw new DomainError({ code: 'wrong_stage', expected: below.join(' or '), actual: from });
}

/** The rungs from where a version stands up to production; none for one that is there. */
export function climbToProduction(from: Stage): readonly Stage[] {
  if (from === 'production') return [];
  return from === 'staging' ? ['production'] : ['staging', 'production'];
}
