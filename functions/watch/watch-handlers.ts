import type { Db } from 'mongodb';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { watchRoutes } from '#api/routes.ts';
import type { Handlers } from '#functions/_http/serve.ts';

export interface WatchDeps {
  readonly plane: Pick<ControlPlane, 'read'>;
  readonly mongo: () => Promise<Db>;
}

/** Every route that `api/` declares for this plane must stand here, or this does not compile. */
export function watchHandlers(_deps: WatchDeps): Handlers<typeof watchRoutes> {
  return {};
}
