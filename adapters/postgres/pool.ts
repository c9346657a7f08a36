import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { PostgresSecret } from './secret.ts';
import type { Tables } from './tables.ts';
import { WITHOUT_TENANT_PREDICATE } from './tenant-predicate.ts';

export type Postgres = Kysely<Tables>;

const INT8 = 20;
const CONNECT_TIMEOUT_MS = 5_000;
/** A container's first connection needs the secret twice, and connections are opened in pairs: one question serves them all. */
const SECRET_FRESH_MS = 5_000;

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
 * Connections of one container. Opened on first use; with a function, the password is asked for again at a new
 * connection that comes seconds later, so that a rotated one is picked up.
 * @param options.max containers × max must stay under the database's connections; a Lambda handles one call at a time
 * @param options.withoutTenantPredicate for tests alone: what row-level security holds by itself
 */
export function postgresPool(
  secret: PostgresSecret | (() => Promise<PostgresSecret>),
  options: { readonly max?: number; readonly withoutTenantPredicate?: true } = {},
): Postgres {
  const current = typeof secret === 'function' ? remembered(secret) : async () => secret;
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

function remembered(ask: () => Promise<PostgresSecret>): () => Promise<PostgresSecret> {
  let last: { readonly secret: Promise<PostgresSecret>; readonly until: number } | undefined;
  return () => {
    if (last && Date.now() < last.until) return last.secret;
    const secret = ask();
    last = { secret, until: Date.now() + SECRET_FRESH_MS };
    // Whoever asked hears of it; the next one asks anew.
    secret.catch(() => {
      last = undefined;
    });
    return secret;
  };
}
