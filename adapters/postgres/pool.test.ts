import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
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
