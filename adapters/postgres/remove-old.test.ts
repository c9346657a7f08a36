import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '#core/kernel/index.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { controlPlane } from './control-plane.ts';
import { postgresOutbox } from './outbox.ts';

const DAY_MS = 24 * 60 * 60_000;
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

/** A tenant with messages and answers of these ages in days; a message without one waits to be published. */
async function tenantWith({ published = [], waiting = 0, expired = [] }: { published?: number[]; waiting?: number; expired?: number[] }) {
  const { id: tenant } = await postgres.newTenant();
  const ctx: Context = { tenant, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
  const ids: string[] = [];
  await inTenant(tenant, async (trx) => {
    for (const at of [...published.map(daysAgo), ...Array.from({ length: waiting }, () => null)]) {
      const id = randomUUID();
      ids.push(id);
      await sql`insert into outbox (id, intent, destination, type, subject, sequence, data, created_at, published_at)
        values (${id}, ${randomUUID()}, 'bus', 'a.v1', 'thing/1', 1, '{}', ${daysAgo(90)}, ${at})`.execute(trx);
    }
    for (const at of expired.map(daysAgo))
      await sql`insert into idempotency (principal, key, route, request_hash, status, response, expires_at)
        values ('ada', ${randomUUID()}, 'POST /x', ${'a'.repeat(64)}, 200, '{}', ${at})`.execute(trx);
  });
  return { tenant, ctx, ids };
}

function inTenant<T>(
  tenant: string,
  work: (trx: Parameters<Parameters<ReturnType<TestPostgres['pool']['transaction']>['execute']>[0]>[0]) => Promise<T>,
) {
  return postgres.pool.transaction().execute(async (trx) => {
    await sql`select set_config('sluice.tenant', ${tenant}, true)`.execute(trx);
    return work(trx);
  });
}

const count = (tenant: string) =>
  inTenant(tenant, async (trx) => {
    const { rows } = await sql<{ messages: number; answers: number }>`
      select (select count(*) from outbox) as messages, (select count(*) from idempotency) as answers`.execute(trx);
    return rows[0];
  });

describe('what is old', () => {
  it('goes when something new was published: messages after a month, answers once their keys have expired', async () => {
    const { tenant, ids } = await tenantWith({ published: [31, 40, 29, 0], waiting: 2, expired: [1, 0.1, -1] });
    await postgresOutbox(postgres.pool).published(tenant, ids.slice(-1), new Date());
    expect(await count(tenant)).toEqual({ messages: 4, answers: 1 });
  });

  it('that nobody has published stays, however old', async () => {
    const { tenant, ids } = await tenantWith({ published: [31], waiting: 3 });
    await postgresOutbox(postgres.pool).published(tenant, ids.slice(0, 1), new Date());
    expect(await count(tenant)).toMatchObject({ messages: 3 });
  });

  it('goes a hundred at a time, so that what has piled up costs nobody much', async () => {
    const { tenant, ids } = await tenantWith({ published: Array.from({ length: 250 }, () => 40), waiting: 1 });
    const left = [];
    for (let turn = 0; turn < 4; turn++) {
      await postgresOutbox(postgres.pool).published(tenant, ids.slice(-1), new Date());
      left.push((await count(tenant))?.messages);
    }
    expect(left).toEqual([151, 51, 1, 1]);
  });

  it('of another tenant is not touched', async () => {
    const [mine, theirs] = [await tenantWith({ waiting: 1 }), await tenantWith({ published: [40], expired: [1] })];
    await postgresOutbox(postgres.pool).published(mine.tenant, mine.ids, new Date());
    expect(await count(theirs.tenant)).toEqual({ messages: 1, answers: 1 });
  });

  it('is removed by one of two who come at once, and neither waits', async () => {
    const { tenant, ids } = await tenantWith({ published: Array.from({ length: 150 }, () => 40), waiting: 1 });
    const outbox = postgresOutbox(postgres.pool);
    await Promise.all([1, 2, 3].map(() => outbox.published(tenant, ids.slice(-1), new Date())));
    expect((await count(tenant))?.messages).toBeLessThanOrEqual(51);
  });

  it('does not bring an answer back while its key counts', async () => {
    const { ctx, ids } = await tenantWith({ waiting: 1 });
    const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
    const call = { idempotency: { key: 'k', route: 'POST /x', requestHash: 'b'.repeat(64), status: 200 } };
    const answer = () => plane.write(ctx, call, async () => randomUUID());
    const first = await answer();
    await postgresOutbox(postgres.pool).published(ctx.tenant, ids, new Date());
    expect(await answer()).toBe(first);
  });
});
