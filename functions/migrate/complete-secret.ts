import type { PostgresSecret } from '#adapters/postgres/secret.ts';

/**
 * The app's secret with the place of the owner's database, or undefined when it says the same already. Where the data stores
 * are external nothing else adds the place, and it may move.
 */
export function completedSecret(appText: string, owner: PostgresSecret): string | undefined {
  const app: Readonly<Record<string, unknown>> = JSON.parse(appText);
  const { host, port, dbname, ssl } = owner;
  const place = { host, port, dbname, ssl };
  const isSame = Object.entries(place).every(
    ([name, value]) => app[name] === value || (name === 'ssl' && app[name] === undefined && value === 'require'),
  );
  return isSame ? undefined : JSON.stringify({ ...app, ...place });
}
