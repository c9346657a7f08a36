import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { retrainingRoutes } from '#api/retrainings.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByTime = z.object({ decidedAt: z.iso.datetime(), id: z.uuid() });

export function retrainingHandlers({ plane }: { readonly plane: Pick<ControlPlane, 'read'> }): Handlers<typeof retrainingRoutes> {
  return {
    listRetrainings: async (ctx, { model, limit, cursor }) => {
      const from = readCursor(cursor, ByTime);
      const after = from && { decidedAt: new Date(from.decidedAt), id: from.id };
      const rows = await plane.read(ctx, async (tx) => {
        if (!(await tx.models.find(model))) throw new DomainError({ code: 'not_found', what: 'model', id: model });
        return tx.retrainings.list(model, { limit: limit + 1, after });
      });
      return pageFrom(
        rows,
        limit,
        ({ decidedAt, ...retraining }) => ({ ...retraining, decidedAt: decidedAt.toISOString() }),
        ({ decidedAt, id }) => ({ decidedAt: decidedAt.toISOString(), id }),
      );
    },
  };
}
