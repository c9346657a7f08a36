import type { Settings } from './config.ts';

/** Two of the pool's own, as `adapters/postgres/pool.ts` says. */
const CONNECTIONS_PER_COPY = 2;
/** Aurora derives its connections from the memory of the largest capacity; this stays below what it grants. */
const CONNECTIONS_PER_UNIT = 200;
const MOST_CONNECTIONS = 5000;
/** What Aurora caps at when the smallest capacity is below one unit. */
const MOST_OF_A_SLEEPER = 2000;

/**
 * Copies of a function times the connections of each must stay below what the database has: beyond, it refuses whoever comes next.
 *
 * @param functions the folders of those that open connections to Postgres
 */
export function checkConcurrency({ stage, stores, reservedConcurrency }: Settings, functions: readonly string[]): void {
  const unbounded = functions.filter((name) => reservedConcurrency[name] === undefined);
  if (unbounded.length > 0)
    throw new Error(
      `Stage ${stage} does not bound ${unbounded.join(', ')}, which open connections to Postgres: add them to reservedConcurrency.`,
    );
  const wanted = functions.reduce((sum, name) => sum + (reservedConcurrency[name] ?? 0), 0) * CONNECTIONS_PER_COPY;
  const there = connectionsOf(stores);
  if (wanted >= there) {
    throw new Error(
      `The functions of stage ${stage} may open ${wanted} connections to Postgres, which has ${there}. Lower reservedConcurrency or raise the database's capacity.`,
    );
  }
}

function connectionsOf(stores: Settings['stores']): number {
  if (stores.kind === 'external') return stores.postgresConnections;
  const { minCapacity, maxCapacity } = stores.postgres;
  return Math.min(maxCapacity * CONNECTIONS_PER_UNIT, minCapacity < 1 ? MOST_OF_A_SLEEPER : MOST_CONNECTIONS);
}
