import type { AuditPages, AuditTrail } from '#core/audit/index.ts';
import type { Context } from '#core/kernel/index.ts';
import type { Lineages, Watch } from '#core/watch/index.ts';
import { postgresAuditPages } from './audit-pages.ts';
import { postgresAuditTrail } from './audit-trail.ts';
import { enterTenant } from './control-plane.ts';
import { postgresLineages } from './lineage.ts';
import type { Postgres } from './pool.ts';
import { asUnavailable } from './unavailable.ts';
import { postgresWatch } from './watch.ts';

export interface WatchingTx {
  readonly watch: Watch;
  readonly lineages: Lineages;
  readonly audit: AuditPages & AuditTrail;
}

export interface WatchingPlane {
  /** A read-only transaction of the caller's tenant. */
  read<T>(ctx: Context, useCase: (tx: WatchingTx) => Promise<T>): Promise<T>;
}

/** The control plane's rows for those who only look; beside it, so that a function that looks does not carry what others do. */
export function watchingPlane({ pool }: { readonly pool: Postgres }): WatchingPlane {
  return {
    async read(ctx, useCase) {
      try {
        return await pool
          .transaction()
          .setAccessMode('read only')
          .execute(async (trx) => {
            const mine = await enterTenant(trx, ctx.tenant);
            return useCase({
              watch: postgresWatch(mine),
              lineages: postgresLineages(mine),
              audit: { ...postgresAuditPages(mine), ...postgresAuditTrail(mine) },
            });
          });
      } catch (error) {
        throw asUnavailable(error);
      }
    },
  };
}
