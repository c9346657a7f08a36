import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '#core/kernel/index.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type ControlPlane, controlPlane } from './control-plane.ts';
import { postgresOutbox } from './outbox.ts';

let postgres: TestPostgres;
let plane: ControlPlane;
let ringing: (intent: string, tenant: string) => Promise<void>;
const rings: { intent: string; tenant: string }[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  ringing = async () => undefined;
  const ring = async (intent: string, tenant: string) => {
    rings.push({ intent, tenant });
    await ringing(intent, tenant);
  };
  plane = controlPlane({ pool: postgres.pool, bell: { ring } });
});
afterAll(() => postgres.stop());

async function someone(id = 'ada'): Promise<Context> {
  const tenant = await postgres.newTenant();
  return { tenant: tenant.id, principal: { id, kind: 'user', roles: ['scientist'] }, now: new Date(), requestId: randomUUID() };
}

const request = (key: string, requestHash = 'a'.repeat(64)) => ({ idempotency: { key, route: 'POST /x', requestHash, status: 201 } });

async function rows(ctx: Context, table: 'audit' | 'outbox' | 'dataset' | 'idempotency') {
  return postgres.pool.transaction().execute(async (trx) => {
    await sql`select set_config('sluice.tenant', ${ctx.tenant}, true)`.execute(trx);
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(trx);
    return rows[0]?.n;
  });
}

describe('a write', () => {
  it('of which no destination would take the message leaves nothing', async () => {
    const ctx = await someone();
    const tooLong = plane.write(ctx, request('too-long'), async (tx) => {
      await tx.datasets.lock('flights', 'ada');
      tx.record({ type: 'a.v1', subject: 'thing/1', data: { much: 'ü'.repeat(130 * 1024) } });
    });
    await expect(tooLong).rejects.toThrow('a.v1 of thing/1 is 266251 bytes of 245760');
    expect(await Promise.all(['audit', 'dataset', 'outbox', 'idempotency'].map((table) => rows(ctx, table as 'audit')))).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('commits rows, audit, messages and answer together, and rings before', async () => {
    const ctx = await someone();
    await plane.write(ctx, request('one'), async (tx) => {
      await tx.datasets.lock('flights', 'ada');
      tx.record({ type: 'a.v1', subject: 'thing/1', data: { n: 1 } });
      tx.record({ type: 'b.v1', subject: 'thing/1', data: { n: 2 } });
      return { done: true };
    });
    const intent = rings.find(({ tenant }) => tenant === ctx.tenant)?.intent ?? '';
    const read = await postgresOutbox(postgres.pool).read(ctx.tenant, intent, 1000);
    expect(read).toMatchObject({
      state: 'ended',
      messages: [
        { type: 'a.v1', sequence: 1, data: { n: 1 } },
        { type: 'b.v1', sequence: 2, data: { n: 2 } },
      ],
    });
    expect(await Promise.all([rows(ctx, 'audit'), rows(ctx, 'dataset'), rows(ctx, 'idempotency')])).toEqual([2, 1, 1]);
  });

  it.each([
    ['the use case refuses', async () => undefined, true],
    [
      'the bell does not ring',
      async () => {
        throw new Error('no bell');
      },
      false,
    ],
  ])('leaves nothing behind when %s', async (_, bell, refuse) => {
    const ctx = await someone();
    ringing = bell;
    const write = plane.write(ctx, request('k'), async (tx) => {
      await tx.datasets.lock('flights', 'ada');
      tx.record({ type: 'a.v1', subject: 'thing/1', data: {} });
      if (refuse) throw new Error('no');
      return {};
    });
    await expect(write).rejects.toThrow(/no/);
    ringing = async () => undefined;
    expect(await Promise.all([rows(ctx, 'audit'), rows(ctx, 'outbox'), rows(ctx, 'dataset'), rows(ctx, 'idempotency')])).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('keeps task tokens out of the audit', async () => {
    const ctx = await someone();
    await plane.write(ctx, {}, async (tx) => tx.record({ type: 'x.v1', subject: 's', destination: 'task', data: { taskToken: 'secret' } }));
    const audit = await postgres.asOwnerIn(ctx.tenant, async (client) => {
      return (await client.query('select data from audit')).rows;
    });
    expect(audit).toEqual([{ data: {} }]);
  });

  it('numbers the messages of one subject without gaps while writers race', async () => {
    const ctx = await someone();
    await Promise.all(
      Array.from({ length: 12 }, () => plane.write(ctx, {}, async (tx) => tx.record({ type: 'x.v1', subject: 'same', data: {} }))),
    );
    const sequences = await postgres.asOwnerIn(ctx.tenant, async (client) => {
      return (await client.query('select sequence::int from outbox order by sequence')).rows.map(({ sequence }) => sequence);
    });
    expect(sequences).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });
});

describe('an idempotency key', () => {
  it('answers every repetition as the first time, also while the first is still running', async () => {
    const ctx = await someone();
    let calls = 0;
    const write = () =>
      plane.write(ctx, request('twice'), async (tx) => {
        calls += 1;
        await tx.datasets.lock('flights', 'ada');
        tx.record({ type: 'x.v1', subject: 's', data: {} });
        return { id: randomUUID() };
      });
    const answers = [...(await Promise.all([write(), write(), write()])), await write()];
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(calls).toBe(1);
    expect(await rows(ctx, 'outbox')).toBe(1);
  });

  it('is refused for another request, belongs to one principal, and is forgotten with a failed write', async () => {
    const ctx = await someone();
    await expect(
      plane.write(ctx, request('k'), async () => {
        throw new Error('broke');
      }),
    ).rejects.toThrow('broke');
    expect(await plane.write(ctx, request('k'), async () => 'first')).toBe('first');
    await expect(plane.write(ctx, request('k', 'b'.repeat(64)), async () => 'second')).rejects.toMatchObject({
      name: 'idempotency_key_reused',
    });
    const other = { ...ctx, principal: { ...ctx.principal, id: 'bob' } };
    expect(await plane.write(other, request('k'), async () => 'his own')).toBe('his own');
    const later = { ...ctx, now: new Date(ctx.now.getTime() + 25 * 60 * 60_000) };
    expect(await plane.write(later, request('k'), async () => 'a day later')).toBe('a day later');
  });
});

describe('row-level security', () => {
  it("shows another tenant's rows to nobody, and none without a tenant", async () => {
    const [mine, theirs] = [await someone(), await someone()];
    await plane.write(theirs, {}, (tx) => tx.datasets.lock('flights', 'ada'));
    await plane.write(theirs, {}, (tx) => tx.models.lock('flights', 'ada'));
    expect(await plane.read(mine, (tx) => tx.models.find('flights'))).toBeUndefined();
    expect(await plane.read({ ...mine, tenant: '' }, (tx) => tx.models.list({ limit: 10 }))).toEqual([]);
    await expect(plane.write({ ...mine, tenant: '' }, {}, (tx) => tx.models.lock('flights', 'ada'))).rejects.toThrow(
      /row-level security|null value/,
    );
  });

  it('covers every table that belongs to tenants', async () => {
    const { rows: open } = await postgres.asOwner((client) =>
      client.query(`select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
                    and relname <> 'schema_migration' and not (relrowsecurity and relforcerowsecurity)`),
    );
    expect(open).toEqual([]);
  });

  it('refuses rows that name another tenant', async () => {
    const [mine, theirs] = [await someone(), await someone()];
    const insert = postgres.pool.transaction().execute(async (trx) => {
      await sql`select set_config('sluice.tenant', ${mine.tenant}, true)`.execute(trx);
      await sql`insert into dataset (id, tenant_id, name, created_by) values (${randomUUID()}, ${theirs.tenant}, 'x', 'x')`.execute(trx);
    });
    await expect(insert).rejects.toThrow(/row-level security/);
  });
});

describe('the reader of an intent', () => {
  it('waits for a writer that has not ended, and learns of a rollback', async () => {
    const ctx = await someone();
    const outbox = postgresOutbox(postgres.pool);
    const heard: unknown[] = [];
    ringing = async (intent, tenant) => {
      heard.push(await outbox.read(tenant, intent, 50));
      throw new Error('rolled back');
    };
    await expect(plane.write(ctx, {}, async (tx) => tx.record({ type: 'x.v1', subject: 's', data: {} }))).rejects.toThrow('rolled back');
    ringing = async () => undefined;
    expect(heard).toEqual([{ state: 'open' }]);
    const intent = rings.find(({ tenant }) => tenant === ctx.tenant)?.intent ?? '';
    expect(await outbox.read(ctx.tenant, intent, 1000)).toEqual({ state: 'ended', messages: [] });
  });
});

it('reads without a way to record or write', async () => {
  const ctx = await someone();
  await expect(plane.read(ctx, async (tx) => tx.record({ type: 'x.v1', subject: 's', data: {} }))).rejects.toThrow(/read-only/);
  await expect(plane.read(ctx, (tx) => tx.datasets.lock('flights', 'ada'))).rejects.toThrow(/read-only/);
});

it('answers a database that is gone with StoreUnavailable', async () => {
  const { postgresPool } = await import('./pool.ts');
  const pool = postgresPool({ ...postgres.app, port: 1 });
  const gone = controlPlane({ pool, bell: { ring: async () => undefined } });
  const ctx = await someone();
  await expect(gone.read(ctx, (tx) => tx.models.find('x'))).rejects.toMatchObject({ name: 'StoreUnavailable' });
  await expect(postgresOutbox(pool).waiting(ctx.tenant, 'it/1')).rejects.toMatchObject({ name: 'StoreUnavailable' });
  await pool.destroy();
});
