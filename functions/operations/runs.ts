import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { runRoutes } from '#api/runs.ts';
import type { Run } from '#core/experiments/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByName = z.object({ name: z.string() });
const ByStart = z.object({ startTime: z.int(), id: z.string() });

export function runHandlers(plane: ControlPlane): Handlers<typeof runRoutes> {
  return {
    listExperiments: async (ctx, { cursor, limit }) => {
      const after = readCursor(cursor, ByName)?.name;
      const rows = await plane.read(ctx, (tx) => tx.experiments.list({ limit: limit + 1, after }));
      return pageFrom(
        rows,
        limit,
        ({ createdAt, updatedAt, ...experiment }) => ({
          ...experiment,
          createdAt: createdAt.toISOString(),
          updatedAt: updatedAt.toISOString(),
        }),
        ({ name }) => ({ name }),
      );
    },
    listRuns: async (ctx, { experiment, cursor, limit }) => {
      const before = readCursor(cursor, ByStart);
      const rows = await plane.read(ctx, (tx) => tx.runs.list(experiment, { limit: limit + 1, before }));
      return pageFrom(rows, limit, runView, ({ startTime, id }) => ({ startTime, id }));
    },
    findRun: async (ctx, { run }) => {
      const found = await plane.read(ctx, (tx) => tx.runs.find(run));
      if (!found) throw new DomainError({ code: 'not_found', what: 'run', id: run });
      return runView(found);
    },
  };
}

function runView({ startTime, endTime, artifactUri: _, params, tags, metrics, ...run }: Run) {
  return {
    ...run,
    startedAt: new Date(startTime).toISOString(),
    endedAt: endTime === null ? null : new Date(endTime).toISOString(),
    params: { ...params },
    tags: { ...tags },
    metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, Number.isFinite(value) ? value : (String(value) as 'NaN')])),
  };
}
