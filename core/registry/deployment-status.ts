import { DomainError } from '#core/kernel/index.ts';
import type { Stage } from './stage.ts';

export const DEPLOYMENT_STATUSES = ['none', 'deploying', 'live', 'retired', 'failed'] as const;
export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** What a rollout did to a version; a retired one may be brought back, and one that was rolled back may try again. */
const NEXT: Readonly<Record<DeploymentStatus, readonly DeploymentStatus[]>> = {
  none: ['deploying'],
  deploying: ['live', 'failed'],
  live: ['retired'],
  retired: ['deploying'],
  failed: ['deploying'],
};

/** Whether there is anything to do; a move the table lacks is refused. */
export function mayDeploy(from: DeploymentStatus, to: DeploymentStatus): boolean {
  if (from === to) return false;
  if (NEXT[from].includes(to)) return true;
  const before = DEPLOYMENT_STATUSES.filter((status) => NEXT[status].includes(to));
  throw new DomainError({ code: 'wrong_stage', expected: before.join(' or '), actual: from });
}

/** Whether a version has served all of its model's traffic once. */
export function hasBeenLive({ stage, deploymentStatus }: { readonly stage: Stage; readonly deploymentStatus: DeploymentStatus }): boolean {
  return stage === 'production' || (stage === 'archived' && deploymentStatus !== 'none');
}
