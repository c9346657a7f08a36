import { createRequire } from 'node:module';
import { MongoClient, MongoNetworkError } from 'mongodb';
import { type FaultLayer, KINDS } from './faults.ts';
import { within } from './lambda-process.ts';

interface Connection {
  command(namespace: { readonly collection?: string }, command: Readonly<Record<string, unknown>>, ...more: unknown[]): Promise<unknown>;
  readonly socket: { destroy(): unknown };
}

/** The driver's own work: finding servers, sessions. */
const DATA = ['insert', 'update', 'delete', 'find', 'aggregate', 'getMore', 'createIndexes'];

/** Every command about data goes through the layer, below the driver's retries. */
export function watchMongo(faults: FaultLayer): void {
  const internals = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as { readonly Connection: { prototype: Connection } };
  const { prototype } = internals.Connection;
  const send = prototype.command;
  prototype.command = function (namespace, command, ...more) {
    const caller = within.getStore();
    const what = DATA.find((name) => name in command);
    const perform = () => send.call(this, namespace, { ...command }, ...more);
    if (!caller || !what) return perform();
    caller.closers.add(() => this.socket.destroy());
    return faults.pass({
      name: `mongo ${caller.fn}:${caller.task} ${what} ${String(command[what])}`,
      kinds: KINDS,
      caller,
      perform,
      fail: () => {
        throw new MongoNetworkError('connection closed');
      },
    });
  };

  const connect = MongoClient.prototype.connect;
  MongoClient.prototype.connect = function () {
    within.getStore()?.closers.add(() => void within.run(undefined, () => this.close()).catch(() => undefined));
    return connect.call(this);
  };
}
