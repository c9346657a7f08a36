import { docsPage } from '#api/docs-page.ts';
import { openApi } from '#api/openapi.ts';
import { ROUTES } from '#api/routes.ts';
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
    docs: async () => docsPage(openApi(ROUTES)),
    openapi: async () => openApi(ROUTES),
  };
}
