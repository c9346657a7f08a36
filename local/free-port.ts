import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** The first of the wanted ports that nobody listens on, else any free one. */
export async function freePort(...wanted: readonly number[]): Promise<number> {
  for (const port of wanted) if (await isFree(port)) return port;
  return listenOnce(0);
}

export async function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
