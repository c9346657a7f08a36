import { randomUUID } from 'node:crypto';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import type { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';
import type { Bell, ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Projections, postgresProjections } from '#adapters/postgres/projections.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { reorderSchedule } from '#core/monitoring/index.ts';
import { firstLook, type RetainedTenants } from '#core/retention/index.ts';
import type { Routing, RoutingEntry } from '#core/serving/index.ts';

export interface RebuildProps {
  readonly plane: Pick<ControlPlane, 'write'>;
  readonly projections: ReturnType<typeof postgresProjections>;
  readonly bell: Bell;
  readonly memberships: Pick<ReturnType<typeof dynamoMemberships>, 'project'>;
  readonly routing: Pick<Routing, 'write'>;
  readonly openMachines: Pick<ReturnType<typeof dynamoOpenMachines>, 'enterMissing' | 'waitsFor'>;
  readonly retainedTenants: Pick<RetainedTenants, 'enter'>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** How much was written again. What was there already counts too, but for machines: those are the ones that were not known to be open. */
export interface Rebuilt {
  readonly tenants: number;
  readonly members: number;
  readonly models: number;
  readonly bells: number;
  readonly schedules: number;
  readonly machines: number;
}

const TENANTS_A_PAGE = 100;
const AT_ONCE = 20;
/** What a fault may have taken back of what it had acknowledged. */
const TOLD_AGAIN_MS = 60_000;

/**
 * Makes anew what DynamoDB and the Scheduler hold, from Postgres: who may do what, what serves, which machines are open, who says how
 * long data is kept, the bells of messages that nobody published or that may have been lost a moment after, and the schedules. Safe to
 * repeat and side by side with everything else: revisions keep what is newer. A tenant that fails keeps no other waiting.
 */
export function rebuild({ plane, projections, bell, memberships, routing, openMachines, retainedTenants, logger }: RebuildProps) {
  async function one(tenant: string): Promise<Rebuilt> {
    await projections.tellAgain(tenant, new Date(Date.now() - TOLD_AGAIN_MS));
    const found = await projections.of(tenant);
    if (!found) throw new DomainError({ code: 'not_found', what: 'tenant', id: tenant });
    const { slug: tenantSlug, members, routing: entries, open, policy } = found;
    await inTurn(members, (member) => memberships.project({ ...member, tenant, tenantSlug }));
    await inTurn(entries, (entry) => unlessThere(routing, entry));
    const entered = await inTurn(open, async ({ waits, ...order }) => {
      const isNew = await openMachines.enterMissing({ ...order, tenant });
      if (isNew && waits) await openMachines.waitsFor(order, waits);
      return isNew;
    });
    const { retention } = policy.rules;
    if (retention) await retainedTenants.enter({ tenant, policyVersion: policy.version, retention, dueAt: firstLook(new Date()) });
    const schedules = await scheduleAnew(plane, tenant, found);
    // One more than there are messages: whatever else follows a write is done at a bell too.
    const intents = [...found.intents, randomUUID()];
    await inTurn(intents, (intent) => bell.ring(intent, tenant));
    const rebuilt = { tenants: 1, members: members.length, models: entries.length, bells: found.intents.length, schedules };
    return { ...rebuilt, machines: entered.filter((isNew) => isNew).length };
  }

  return async (only?: string): Promise<Rebuilt> => {
    let total: Rebuilt = { tenants: 0, members: 0, models: 0, bells: 0, schedules: 0, machines: 0 };
    const failed: string[] = [];
    for await (const tenant of only === undefined ? everyTenant(projections) : [only]) {
      try {
        total = sum(total, await one(tenant));
      } catch (error) {
        logger.error('a tenant was not rebuilt', { tenant, error: error as Error });
        failed.push(tenant);
      }
    }
    logger.info('rebuilt', { ...total, failed: failed.length });
    if (failed.length > 0)
      throw new Error(`${failed.length} tenants were not rebuilt, first ${failed[0]}; the log says why. Order it again.`);
    return total;
  };
}

async function* everyTenant({ tenantsAfter }: RebuildProps['projections']): AsyncGenerator<string> {
  let last: string | null = null;
  for (;;) {
    const page: readonly string[] = await tenantsAfter(last, TENANTS_A_PAGE);
    yield* page;
    if (page.length < TENANTS_A_PAGE) return;
    last = page.at(-1) ?? null;
  }
}

/** In one transaction of the tenant; the orders are carried out like those of a changed monitor. */
async function scheduleAnew(plane: RebuildProps['plane'], tenant: string, { monitors }: Projections): Promise<number> {
  const now = new Date();
  const ctx: Context = { tenant, principal: { id: 'platform', kind: 'service', roles: ['admin'] }, now, requestId: randomUUID() };
  let ordered = 0;
  for (const monitor of monitors) if (await plane.write(ctx, {}, (tx) => reorderSchedule(tx, ctx, { monitor }))) ordered += 1;
  return ordered;
}

/** The same revision that says something else is not ours to judge: what serves stays. */
async function unlessThere(routing: RebuildProps['routing'], entry: RoutingEntry): Promise<void> {
  await routing.write(entry).catch((error: unknown) => {
    if (!(error instanceof DomainError) || error.failure.code !== 'moved_meanwhile') throw error;
  });
}

async function inTurn<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<readonly R[]> {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) done.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))));
  return done;
}

function sum(one: Rebuilt, other: Rebuilt): Rebuilt {
  return {
    tenants: one.tenants + other.tenants,
    members: one.members + other.members,
    models: one.models + other.models,
    bells: one.bells + other.bells,
    schedules: one.schedules + other.schedules,
    machines: one.machines + other.machines,
  };
}
