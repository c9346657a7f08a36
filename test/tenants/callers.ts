import { ROLES, type Role } from '../../core/kernel/index.ts';
import type { ApiStand } from '../support/api-stand.ts';
import type { TenantWorld } from '../support/tenant-names.ts';
import type { Bearer } from '../support/tokens.ts';

export const KINDS = ['user', 'service'] as const;

/** No role, each alone, and all of them. */
export const ROLE_SETS: Readonly<Record<string, readonly Role[]>> = {
  none: [],
  ...Object.fromEntries(ROLES.map((role) => [role, [role]])),
  all: ROLES,
};

export interface Caller extends Bearer {
  readonly roles: readonly Role[];
  readonly token: string;
}

/** A principal of the tenant with these roles, as the projection has it. */
export async function callerOf(
  stand: ApiStand,
  world: TenantWorld,
  label: string,
  roles: readonly Role[],
  kind: Bearer['kind'],
): Promise<Caller> {
  const bearer = { id: `caller-${label}-${kind}-${world.secret}`, kind };
  await stand.memberships.project({ principal: bearer.id, tenant: world.id, tenantSlug: world.slug, kind, roles, revision: 1 });
  return { ...bearer, roles, token: await stand.provider.token(bearer) };
}

/** Everybody of the tenant. */
export async function callersOf(stand: ApiStand, world: TenantWorld): Promise<readonly Caller[]> {
  const all: Caller[] = [];
  for (const [label, roles] of Object.entries(ROLE_SETS))
    for (const kind of KINDS) all.push(await callerOf(stand, world, label, roles, kind));
  return all;
}
