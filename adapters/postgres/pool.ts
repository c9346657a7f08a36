import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { PostgresSecret } from './secret.ts';
import type { Tables } from './tables.ts';
import { WITHOUT_TENANT_PREDICATE } from './tenant-predicate.ts';

export type Postgres = Kysely<Tables>;

const INT8 = 20;
const CONNECT_TIMEOUT_MS = 5_000;

/** Counts and times of ours stay far below 2^53, so a bigint is a number here. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    (oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as ReturnType<typeof pg.types.getTypeParser>,
};

export function clientConfig(secret: PostgresSecret): pg.PoolConfig {
  const { host, port, dbname: database, username: user, password, ssl } = secret;
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: ssl === 'disable' ? false : { rejectUnauthorized: true },
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  };
}

/**
 * Connections of one container. Opened on first use; with a function, the password is asked for again at every new
 * connection, so that a rotated one is picked up.
 * @param options.max containers × max must stay under the database's connections; a Lambda handles one call at a time
 * @param options.withoutTenantPredicate for tests alone: what row-level security holds by itself
 */
export function postgresPool(
  secret: PostgresSecret | (() => Promise<PostgresSecret>),
  options: { readonly max?: number; readonly withoutTenantPredicate?: true } = {},
): Postgres {
  const current = typeof secret === 'function' ? secret : async () => secret;
  return new Kysely<Tables>({
    plugins: options.withoutTenantPredicate ? [WITHOUT_TENANT_PREDICATE] : [],
    dialect: new PostgresDialect({
      pool: async () => {
        const config = clientConfig(await current());
        const pool = new pg.Pool({
          ...config,
          password: async () => (await current()).password,
          max: options.max ?? 2,
          idleTimeoutMillis: 60_000,
        });
        // A server that closes a connection would otherwise end the process: an idle one, whose next query opens another, and one
        // between two statements of a transaction, whose next statement says so.
        pool.on('error', () => undefined);
        pool.on('connect', (client) => client.on('error', () => undefined));
        return pool;
      },
    }),
  });
}
