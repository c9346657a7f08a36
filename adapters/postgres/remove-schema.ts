import pg from 'pg';
import type { Migration } from './migrate.ts';
import { clientConfig } from './pool.ts';
import type { PostgresSecret } from './secret.ts';

/**
 * Takes out of a database what migrations put into it, rows and all, and the app's role. What somebody else put beside it stays;
 * something else that depends on it stops the removal, and nothing is removed. Doing it again changes nothing.
 *
 * @throws something else depends on a table or a function
 */
export async function removeSchema(owner: PostgresSecret, migrations: readonly Migration[], username: string): Promise<void> {
  const client = new pg.Client({ ...clientConfig(owner), connectionTimeoutMillis: 45_000 });
  await client.connect();
  try {
    const named = (what: 'table' | 'function') => madeBy(migrations, what).map((name) => client.escapeIdentifier(name));
    await client.query('begin');
    await client.query(`drop table if exists ${[...named('table'), 'schema_migration'].join(', ')}`);
    // After the policies, which call them.
    for (const name of named('function')) await client.query(`drop function if exists ${name}`);
    await client.query(`drop role if exists ${client.escapeIdentifier(username)}`);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

function madeBy(migrations: readonly Migration[], what: 'table' | 'function'): readonly string[] {
  return migrations.flatMap(({ sql }) => [...sql.matchAll(new RegExp(`^create ${what} (\\w+)`, 'gm'))].map(([, name = '']) => name));
}
