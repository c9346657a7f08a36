import type { Db } from 'mongodb';
import { mongoCallFigures } from '#adapters/mongo/call-figures.ts';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { mongoReports } from '#adapters/mongo/reports.ts';
import type { WatchingPlane } from '#adapters/postgres/watching-plane.ts';
import type { watchRoutes } from '#api/watch.ts';
import type { Evidence } from '#core/audit/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { exposition, findLineage, LATENCY_SAMPLE, modelHealth, startOfCounting, tenantMetrics } from '#core/watch/index.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { auditHandlers } from './audit-handlers.ts';
import { healthView } from './health-view.ts';
import { lineageView } from './lineage-view.ts';

export interface WatchDeps {
  readonly plane: WatchingPlane;
  readonly mongo: () => Promise<Db>;
  readonly evidence: Evidence;
}

/** More models than these do not fit into one answer. */
const MOST_MODELS = 500;

/** Every route that `api/` declares for this plane must stand here, or this does not compile. */
export function watchHandlers({ plane, mongo, evidence }: WatchDeps): Handlers<typeof watchRoutes> {
  const figures = mongoCallFigures(mongo);
  const reports = mongoReports(mongo);
  const lineagePorts = { labels: mongoLabels(mongo), predictions: mongoPredictions(mongo), read: plane.read };
  return {
    ...auditHandlers(plane, evidence),

    async findModelHealth(ctx, { model: name, minutes }) {
      const model = await plane.read(ctx, (tx) => tx.watch.model(name));
      if (!model) throw new DomainError({ code: 'not_found', what: 'model', id: name });
      const window = { from: new Date(ctx.now.getTime() - minutes * 60_000), to: ctx.now };
      const calls = await figures.of(ctx.tenant, { modelIds: [model.id], ...window });
      const durations = await Promise.all(
        calls.map(async ({ versionId }) => {
          const newest = await figures.newestDurations(ctx.tenant, { versionId, ...window, limit: LATENCY_SAMPLE });
          return [versionId, newest] as const;
        }),
      );
      const health = modelHealth(model, { calls, durations: new Map(durations), minutes }, ctx.now);
      return healthView(model, health, { ...window, minutes });
    },

    async readMetrics({ tenant, now, ...ctx }, _, { tenantSlug }) {
      const [models, decisions] = await plane.read({ tenant, now, ...ctx }, async (tx) => [
        await tx.watch.models(MOST_MODELS),
        await tx.watch.decisions(),
      ]);
      const calls = await figures.of(tenant, { modelIds: models.map(({ id }) => id), from: startOfCounting(now), to: now });
      return exposition(tenantMetrics({ tenant: tenantSlug, models, decisions, calls, now }));
    },

    findPredictionLineage: async (ctx, { prediction }) => lineageView(await findLineage(lineagePorts, ctx, prediction)),

    async readScanReport({ tenant }, { scan }) {
      const report = await reports.find(tenant, scan);
      if (!report) throw new DomainError({ code: 'not_found', what: 'report of scan', id: scan });
      return { ...report };
    },
  };
}
