import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { postgresPool } from './pool.ts';
import { asUnavailable } from './unavailable.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it('a connection that breaks between two statements fails the next one, and nothing else', async () => {
  const broken = postgres.pool.transaction().execute(async (trx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(postgres.pool);
    // Until the client has heard of it.
    await new Promise((heard) => setTimeout(heard, 200));
    await sql`select 1`.execute(trx);
  });
  // Vitest fails the file for an error that nobody listens to.
  const error = await broken.catch((thrown: unknown) => thrown);
  expect(asUnavailable(error)).toMatchObject({ name: 'StoreUnavailable' });
  const { rows } = await sql<{ one: number }>`select 1 as one`.execute(postgres.pool);
  expect(rows).toEqual([{ one: 1 }]);
});

it('the secret is asked for once in some seconds, again after a failure, and a new password is picked up', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const secret = vi.fn(async () => postgres.app);
  const pool = postgresPool(secret);
  const query = () => sql`select pg_sleep(0.2)`.execute(pool);
  const setPassword = (password: string) => postgres.asOwner((client) => client.query(`alter role sluice_app password '${password}'`));
  try {
    secret.mockRejectedValueOnce(new Error('not now'));
    await expect(query()).rejects.toThrow('not now');
    await query();
    expect(secret).toHaveBeenCalledTimes(2);
    await setPassword('new');
    secret.mockResolvedValue({ ...postgres.app, password: 'new' });
    vi.setSystemTime(Date.now() + 5_000);
    // One of them finds the first connection busy and opens another.
    await Promise.all([query(), query()]);
    expect(secret).toHaveBeenCalledTimes(3);
  } finally {
    vi.useRealTimers();
    await pool.destroy();
    await setPassword(postgres.app.password);
  }
});
