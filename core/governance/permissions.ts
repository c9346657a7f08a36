import type { Role } from '#core/kernel/index.ts';

/** What each role may do. One table; every route names one of these permissions. */
const GRANTS = {
  viewer: [
    'datasets:read',
    'pipelines:read',
    'executions:read',
    'runs:read',
    'registry:read',
    'approvals:read',
    'predictions:read',
    'members:read',
    'policies:read',
    'rollouts:read',
    'monitors:read',
    'retrainings:read',
    'batches:read',
  ],
  scientist: [
    'uploads:create',
    'datasets:write',
    'pipelines:write',
    'executions:start',
    'registry:write',
    'predictions:create',
    'ground-truth:write',
    'monitors:write',
    'batches:create',
  ],
  operator: [
    'uploads:create',
    'executions:start',
    'predictions:create',
    'ground-truth:write',
    'rollouts:operate',
    'monitors:write',
    'batches:create',
    'webhooks:read',
    'webhooks:write',
  ],
  approver: ['approvals:decide', 'audit:read'],
  admin: ['members:write', 'policies:write', 'audit:read', 'webhooks:read', 'webhooks:write'],
} as const satisfies Record<Role, readonly string[]>;

export type Permission = (typeof GRANTS)[Role][number];

/** Every role reads what a viewer reads; an admin manages people and policies, not models. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  const granted = new Set<Permission>();
  for (const role of roles) for (const permission of [...GRANTS.viewer, ...GRANTS[role]]) granted.add(permission);
  return granted;
}
