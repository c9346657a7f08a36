import type { systemRoutes } from '#api/system.ts';
import { permissionsOf } from '#core/governance/index.ts';
import type { Handlers } from '#functions/_http/serve.ts';

export function systemHandlers(): Handlers<typeof systemRoutes> {
  return {
    me: async ({ principal }, _, { tenantSlug }) => ({
      principal: principal.id,
      kind: principal.kind,
      tenant: tenantSlug,
      roles: [...principal.roles],
      permissions: [...permissionsOf(principal.roles)].sort(),
    }),
    health: async () => ({ status: 'ok' }),
  };
}
