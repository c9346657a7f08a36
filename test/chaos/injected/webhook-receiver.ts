import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FaultLayer, KINDS, type Kind } from './faults.ts';
import type { LambdaProcesses } from './lambda-process.ts';

/** Not `twice`: nothing between us and the receiver repeats a POST. */
const POST_KINDS: readonly Kind[] = KINDS.filter((kind) => kind !== 'twice');

/** A tenant's endpoint, and the place where faults happen to the POST that reaches it. */
export async function webhookReceiver(faults: FaultLayer, processes: Pick<LambdaProcesses, 'busy'>) {
  const taken = new Map<string, Map<string, Set<string>>>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      const { id, tenant, type } = JSON.parse(body) as Readonly<Record<'id' | 'tenant' | 'type', string>>;
      faults
        .pass({
          name: `webhook deliver-webhooks:deliveries POST ${type}`,
          kinds: POST_KINDS,
          caller: processes.busy('deliver-webhooks', 'deliveries'),
          perform: async () => {
            const events = taken.get(tenant) ?? new Map<string, Set<string>>();
            taken.set(tenant, events);
            events.set(id, (events.get(id) ?? new Set()).add(body));
          },
          fail: () => {
            throw new Error('the line is cut');
          },
        })
        .then(
          () => response.writeHead(204).end(),
          () => request.socket.destroy(),
        );
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** The bodies by event. */
    received: (tenant: string): ReadonlyMap<string, ReadonlySet<string>> => taken.get(tenant) ?? new Map(),
    forget: () => taken.clear(),
    close: () => void server.close(),
  };
}

export type WebhookReceiver = Awaited<ReturnType<typeof webhookReceiver>>;
