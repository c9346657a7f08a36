import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `cut`: both ends see a reset. `stall`: nothing goes through any more, and nobody is told. `half-close`: what is answered is lost, what is asked still arrives. */
export const CUTS = ['cut', 'stall', 'half-close'] as const;
export type Cut = (typeof CUTS)[number];

export interface CuttingProxy {
  readonly port: number;
  /** Connections that live now. */
  readonly open: number;
  /** Does this to every connection that lives; later ones are not concerned. Tells how many these were. */
  strike(cut: Cut): number;
  close(): Promise<void>;
}

/** A stalled connection is torn down after this: the time a machine takes to notice that a path is dead is not what is tested. */
const STALLED_MS = 20_000;

/** Stands in front of a port of this machine and passes on what comes until it is told to spoil it. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.pipe(upstream);
    upstream.pipe(client);
    for (const [one, other] of [pair, [upstream, client] as const]) {
      one.setNoDelay(true);
      // Whatever breaks on one side breaks on the other: there is nobody here to say more.
      one.on('error', () => reset(other));
      one.on('close', () => {
        pairs.delete(pair);
        if (!other.destroyed && one.errored) reset(other);
      });
    }
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });

  const spoil: Record<Cut, (client: Socket, upstream: Socket) => void> = {
    cut(client, upstream) {
      reset(client);
      reset(upstream);
    },
    stall(client, upstream) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      for (const each of [client, upstream]) each.pause();
      setTimeout(() => spoil.cut(client, upstream), STALLED_MS).unref();
    },
    'half-close'(client, upstream) {
      upstream.unpipe(client);
      // Read and thrown away: the server must not wait for a reader.
      upstream.resume();
      setTimeout(() => reset(client), 50).unref();
      // The server keeps its end for as long as it takes to notice.
      setTimeout(() => reset(upstream), STALLED_MS).unref();
    },
  };

  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    strike(cut) {
      const struck = [...pairs];
      for (const [client, upstream] of struck) spoil[cut](client, upstream);
      return struck.length;
    },
    close: () => closed(server, pairs),
  };
}

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

function closed(server: Server, pairs: ReadonlySet<readonly [Socket, Socket]>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const pair of pairs) for (const each of pair) each.destroy();
  });
}
