import { sql, type Transaction } from 'kysely';
import { BATCH_STATUSES, hasEnded as batchHasEnded } from '#core/batch/index.ts';
import { type Policy, waitsLongFrom } from '#core/governance/index.ts';
import type { Role } from '#core/kernel/index.ts';
import { EXECUTION_STATUSES, hasEnded } from '#core/pipelines/index.ts';
import { isOver, ROLLOUT_STATUSES } from '#core/rollout/index.ts';
import type { Arm, RoutingEntry } from '#core/serving/index.ts';
import { inTenant } from './in-tenant.ts';
import { postgresPolicies } from './policies.ts';
import type { Postgres } from './pool.ts';
import type { Tables } from './tables.ts';
import { asUnavailable } from './unavailable.ts';

/** An order whose machine is not known to have ended, as the outbox gave it. */
export interface OpenOrder {
  readonly machine: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly traceparent: string | null;
  /** The decision that it waits for. */
  readonly waits?: { readonly dueAt: Date; readonly longFrom: Date } | undefined;
}

/** What other stores hold of a tenant, by what Postgres says. */
export interface Projections {
  readonly slug: string;
  /** Those who were removed too: their revision keeps an older projection from bringing them back. */
  readonly members: readonly {
    readonly principal: string;
    readonly kind: 'user' | 'service';
    readonly roles: readonly Role[];
    readonly revision: number;
  }[];
  readonly routing: readonly RoutingEntry[];
  /** Writes whose messages wait to be published. */
  readonly intents: readonly string[];
  readonly monitors: readonly string[];
  readonly open: readonly OpenOrder[];
  readonly policy: Policy;
}

/** All that is needed to make anew what other stores were told. */
export function postgresProjections(pool: Postgres) {
  return {
    /** Ids in order, those after `last`, at most so many. */
    async tenantsAfter(last: string | null, atMost: number): Promise<readonly string[]> {
      const found = sql<{ id: string }>`select tenants_after(${last}, ${atMost}) as id`.execute(pool);
      const { rows } = await found.catch((error: unknown) => {
        throw asUnavailable(error);
      });
      return rows.map(({ id }) => id);
    },
    /** Has the events told once more that were published since: they carry ids, and who was told may have lost them. */
    async tellAgain(tenant: string, since: Date): Promise<void> {
      await inTenant(pool)(tenant, async (trx) => {
        await trx
          .updateTable('outbox')
          .set({ published_at: null })
          .where('destination', '=', 'bus')
          .where('published_at', '>', since)
          .execute();
      });
    },
    /** Undefined for a tenant there is not. */
    async of(tenant: string): Promise<Projections | undefined> {
      return inTenant(pool, 'read only')(tenant, async (trx) => {
        const own = await trx.selectFrom('tenant').select('slug').executeTakeFirst();
        if (!own) return undefined;
        const [members, routing] = [await membersOf(trx), await routingOf(trx, tenant)];
        const intents = await trx.selectFrom('outbox').select('intent').distinct().where('published_at', 'is', null).execute();
        const monitors = await trx.selectFrom('monitor').select('id').execute();
        const open = await openOrders(trx, tenant);
        return {
          slug: own.slug,
          members,
          routing,
          intents: intents.map((row) => row.intent),
          monitors: monitors.map(({ id }) => id),
          open,
          policy: await postgresPolicies(trx).current(),
        };
      });
    },
  };
}

async function membersOf(trx: Transaction<Tables>): Promise<Projections['members']> {
  const rows = await trx.selectFrom('membership').select(['principal_id', 'principal_kind', 'roles', 'revision']).execute();
  return rows.map(({ principal_id, principal_kind, roles, revision }) => ({
    principal: principal_id,
    kind: principal_kind,
    roles: roles as readonly Role[],
    revision,
  }));
}

/** The newest change of shares of each model, reached or not: what its rollout writes into the routing table. */
async function routingOf(trx: Transaction<Tables>, tenant: string): Promise<readonly RoutingEntry[]> {
  const rows = await trx
    .selectFrom('deployment')
    .innerJoin('model', 'model.id', 'deployment.model_id')
    .innerJoin('model_version as head', 'head.id', 'deployment.model_version_id')
    .distinctOn('deployment.model_id')
    .select([
      'model.name as model',
      'deployment.model_id as modelId',
      'head.id as versionId',
      'head.number as version',
      'head.artifact_key as artifactKey',
      'head.signature_key as signatureKey',
      'deployment.revision',
      'deployment.unserved',
      'deployment.arms',
    ])
    .orderBy('deployment.model_id')
    .orderBy('deployment.revision', 'desc')
    .execute();
  return rows.map(({ arms, ...row }) => ({ tenant, ...row, arms: arms as readonly Arm[] }));
}

async function openOrders(trx: Transaction<Tables>, tenant: string): Promise<readonly OpenOrder[]> {
  const executions = await trx
    .selectFrom('execution')
    .leftJoin('approval', (join) => join.onRef('approval.execution_id', '=', 'execution.id').on('approval.status', '=', 'pending'))
    .select(['execution.id', 'execution.traceparent', 'approval.created_at as createdAt', 'approval.expires_at as expiresAt'])
    .where(
      'execution.status',
      'in',
      EXECUTION_STATUSES.filter((status) => !hasEnded(status)),
    )
    .execute();
  const rollouts = await trx
    .selectFrom('rollout')
    .select(['id', 'traceparent'])
    .where(
      'status',
      'in',
      ROLLOUT_STATUSES.filter((status) => !isOver(status)),
    )
    .execute();
  const batches = await trx
    .selectFrom('batch_prediction')
    .select(['id', 'traceparent'])
    .where(
      'status',
      'in',
      BATCH_STATUSES.filter((status) => !batchHasEnded(status)),
    )
    .execute();
  const runs = await trx
    .selectFrom('scan')
    .distinctOn('run')
    .select(['run', 'monitor_id', 'as_of', 'traceparent'])
    .where('status', '=', 'running')
    .where('run', 'is not', null)
    .orderBy('run')
    .execute();
  // A run that somebody asked for and that has begun nothing may have been lost before its machine could. To run once more does no harm.
  const unbegun = await trx
    .selectFrom('outbox')
    .leftJoin('scan', (join) => join.on(sql<boolean>`scan.run = outbox.data ->> 'name'`))
    .select(['outbox.data', 'outbox.traceparent'])
    .where('outbox.type', '=', 'monitor.scan.ordered.v1')
    .where('outbox.created_at', '>', sql<Date>`now() - interval '1 hour'`)
    .where('scan.id', 'is', null)
    .execute();
  const undecided = await trx
    .selectFrom('outbox')
    .leftJoin('retraining', (join) => join.on(sql<boolean>`retraining.scan_id::text = outbox.data ->> 'name'`))
    .select(['outbox.data', 'outbox.traceparent'])
    .where('outbox.type', '=', 'retraining.ordered.v1')
    .where('retraining.id', 'is', null)
    .execute();
  const traced = (traceparent: string | null) => (traceparent === null ? {} : { traceparent });
  const order = (machine: string, about: string) => (row: { readonly id: string; readonly traceparent: string | null }) => {
    const { id: name, traceparent } = row;
    return { machine, name, traceparent, input: { tenant, [about]: name, ...(machine === 'training' ? {} : traced(traceparent)) } };
  };
  return [
    ...executions.map(({ createdAt, expiresAt, ...execution }) => ({
      ...order('training', 'execution')(execution),
      waits: createdAt && expiresAt ? { dueAt: expiresAt, longFrom: waitsLongFrom({ createdAt, expiresAt }) } : undefined,
    })),
    ...rollouts.map(order('rollout', 'rollout')),
    ...batches.map(order('batch-prediction', 'batch')),
    // As a schedule would: what the run has under way is its own, whoever asked for it.
    ...runs.map(({ run, monitor_id: monitor, as_of: asOf, traceparent }) => ({
      machine: 'drift-scan',
      name: run ?? '',
      traceparent,
      input: { tenant, monitor, scheduledTime: asOf.toISOString() },
    })),
    ...[...unbegun, ...undecided].map(({ data, traceparent }) => {
      const { stateMachine: machine, name, input } = data as Pick<OpenOrder, 'name' | 'input'> & { readonly stateMachine: string };
      return { machine, name, input, traceparent };
    }),
  ];
}
