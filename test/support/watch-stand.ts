import { randomUUID } from 'node:crypto';
import { mongoPredictionLog } from '../../adapters/mongo/prediction-log.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { watchingPlane } from '../../adapters/postgres/watching-plane.ts';
import { watchRoutes } from '../../api/watch.ts';
import type { Context } from '../../core/kernel/index.ts';
import type { CallRecord } from '../../core/serving/index.ts';
import { serve } from '../../functions/_http/serve.ts';
import { watchHandlers } from '../../functions/watch/watch-handlers.ts';
import { startMongo } from './mongo.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { predictionFile } from './prediction-file.ts';
import { type HttpHandler, routeCaller } from './route-caller.ts';
import { trainedVersion } from './trained-version.ts';

/** The audit's routes have a stand of their own, with S3. */
const NO_EVIDENCE = { read: async () => undefined, after: async () => [] };

type Tenant = Awaited<ReturnType<TestPostgres['newTenant']>>;

/** Which version is meant, as the registry knows it. */
type Version = { readonly id: string; readonly modelId: string; readonly number: number };

export const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

export const contextOf = ({ id: tenant }: Tenant): Context => ({
  tenant,
  principal: { id: 'ada', kind: 'user', roles: [] },
  now: new Date(),
  requestId: randomUUID(),
});

/** What a watcher asks, on real stores, and what others left there for him to see. */
export async function startWatch() {
  const [postgres, mongo] = await Promise.all([startPostgres(), startMongo()]);
  const database = async () => mongo.client.db(mongo.database);
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const deps = { plane: watchingPlane(postgres), mongo: database, evidence: NO_EVIDENCE };
  const handler = serve(watchRoutes, watchHandlers(deps), { name: 'watch' }) as HttpHandler;

  /** Rows that other capabilities write, put there by the tables' owner. */
  function insert(tenant: Tenant, sql: string, values: readonly unknown[]) {
    return postgres.asOwnerIn(tenant.id, async (client) => {
      await client.query(sql, [...values]);
    });
  }

  return {
    plane,
    database,
    insert,
    newTenant: () => postgres.newTenant(),

    /** A version with everything behind it, as the training machine leaves it. */
    madeVersion: (tenant: Tenant) => {
      const ctx = contextOf(tenant);
      return plane.write(ctx, {}, (tx) => trainedVersion(tx, ctx));
    },

    /** Calls as a viewer of the tenant. */
    ask(tenant: Tenant, operation: keyof typeof watchRoutes, path: Record<string, string> = {}, query?: Record<string, string>) {
      return routeCaller(watchRoutes, () => handler, { tenant, roles: ['viewer'], principal: 'vic' })(operation, { path, query });
    },

    /** A rollout in its first step of two, or one that ended then. */
    async addRollout(tenant: Tenant, { modelId, id: versionId }: Version, status: string, at: Date) {
      const id = randomUUID();
      const ended = ['running', 'paused', 'queued'].includes(status) ? null : at;
      await insert(
        tenant,
        `insert into rollout (id, model_id, model_version_id, alias, plan, status, step, step_since, reason, created_by, created_at, started_at, ended_at)
         values ($1, $2, $3, 'champion', $4, $5, 0, $6, $7, 'ada', $6, $6, $8)`,
        [
          id,
          modelId,
          versionId,
          JSON.stringify({
            steps: [
              { share: 0.25, bakeSeconds: 1 },
              { share: 1, bakeSeconds: 1 },
            ],
          }),
          status,
          at,
          status === 'rolled_back' ? JSON.stringify({ code: 'errors', sentence: 'It failed too often.' }) : null,
          ended,
        ],
      );
      await insert(
        tenant,
        `insert into rollout_judgement (rollout_id, number, step, verdict, checks, decided_at) values ($1, 1, 0, 'advance', $2, $3)`,
        [id, JSON.stringify([{ check: 'errors', sentence: 'None failed.' }]), at],
      );
      return id;
    },

    /** One prediction that the version gave, in the log. */
    async predicted(tenant: Tenant, { id: versionId, modelId }: Version): Promise<string> {
      const id = randomUUID();
      const file = predictionFile(tenant.id, `file-${id}`, [id]);
      const rows = file.rows.map((row) => ({ ...row, versionId, modelId }));
      await mongoPredictionLog(database, () => new Date()).claim(tenant.id, [{ ...file, rows }]);
      return id;
    },

    /** The version's share of the units; what no version serves is the rest. */
    serving(tenant: Tenant, { modelId, id: versionId, number }: Version, share = 1) {
      return insert(
        tenant,
        `insert into deployment (id, model_id, model_version_id, revision, arms, unserved, status, created_by) values ($1, $2, $3, 1, $4, $5, 'live', 'ada')`,
        [randomUUID(), modelId, versionId, JSON.stringify([{ versionId, version: number, weight: share }]), 1 - share],
      );
    },

    async stop() {
      await Promise.all([postgres.stop(), mongo.stop()]);
    },
  };
}

/** A good call of this version's just now, unless told otherwise. */
export const callOf = (version: Version, more: Partial<CallRecord> = {}): CallRecord => ({
  id: randomUUID(),
  model: 'flights',
  modelId: version.modelId,
  versionId: version.id,
  version: version.number,
  arm: `v${version.number}`,
  // The metrics count from midnight on: as near to now as may be.
  receivedAt: minutesAgo(0.01).toISOString(),
  rows: 4,
  durationMs: 20,
  outcome: 'ok',
  scores: new Float32Array(4),
  ...more,
});
