import pg from 'pg';
import type { FaultLayer } from './faults.ts';
import { within } from './lambda-process.ts';

const KINDS = ['crash before', 'crash after', 'refused', 'answer lost'] as const;

type Query = (this: pg.Client, text: unknown, values?: unknown) => Promise<unknown>;

/** Every statement of every process goes through the layer. A time-out cuts the connection, as the network does. */
export function watchPostgres(faults: FaultLayer): void {
  const query = pg.Client.prototype.query as unknown as Query;
  const watched: Query = function (text, values) {
    const caller = within.getStore();
    if (!caller || typeof text !== 'string') return query.call(this, text, values);
    const cut = () => streamOf(this).destroy();
    caller.closers.add(cut);
    return faults.pass({
      name: `postgres ${caller.fn}:${caller.task} ${statementName(text)}`,
      kinds: KINDS,
      caller,
      perform: () => query.call(this, text, values),
      fail: async (made) => {
        cut();
        // The driver's own error for a connection that is gone.
        if (!made) await query.call(this, text, values);
        throw new Error('Connection terminated unexpectedly');
      },
    });
  };
  pg.Client.prototype.query = watched as unknown as typeof pg.Client.prototype.query;
}

function streamOf(client: pg.Client): { destroy(): unknown } {
  return (client as unknown as { readonly connection: { readonly stream: { destroy(): unknown } } }).connection.stream;
}

/** What a statement does, to whom; short, because points are named after it. */
function statementName(text: string): string {
  const sql = text.replaceAll('"', '').replace(/\s+/g, ' ').trim().toLowerCase();
  const [, written] = /^((?:insert into|update|delete from) \w+)/.exec(sql) ?? [];
  if (written) return written;
  if (sql.includes('set_config')) return 'set tenant';
  if (sql.includes('pg_advisory')) return 'lock';
  const [, read] = /^(?:select|with)\b.*? from (\w+)/.exec(sql) ?? [];
  return read ? `select ${read}` : sql.slice(0, 20);
}
