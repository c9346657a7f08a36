import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Transactions } from './transactions.ts';

/** What every store of `WebhookEndpoints` must do. */
export function webhooksContract(open: () => Promise<Transactions>) {
  describe('webhook endpoints', () => {
    const endpoint = (seconds = 0) => ({
      id: randomUUID(),
      url: 'https://hooks.example.com/a?b=c',
      eventTypes: ['monitor.drift.detected.v1', 'rollout.*'],
      createdBy: 'ada',
      createdAt: new Date(1_700_000_000_000 + seconds * 1000),
    });

    it('are listed newest first, a page at a time, without a secret', async () => {
      const store = await open();
      const made = [0, 1, 1, 2].map(endpoint);
      for (const each of made) await store.write((tx) => tx.webhooks.add({ ...each, secret: 'whsec_c2VjcmV0' }));
      const first = await store.read((tx) => tx.webhooks.list({ limit: 3 }));
      const last = first.at(-1);
      const second = await store.read((tx) => tx.webhooks.list({ limit: 3, before: last && { createdAt: last.createdAt, id: last.id } }));
      const byAge = [...made].sort((one, other) => Number(other.createdAt) - Number(one.createdAt) || (one.id < other.id ? 1 : -1));
      expect([...first, ...second]).toEqual(byAge);
      expect(JSON.stringify([...first, ...second])).not.toContain('whsec_');
    });

    it('are removed by one of two who remove them', async () => {
      const store = await open();
      const made = endpoint();
      await store.write((tx) => tx.webhooks.add({ ...made, secret: 's' }));
      const remove = () => store.write((tx) => tx.webhooks.remove(made.id));
      const [one, other] = await Promise.all([remove(), remove()]);
      expect([one ?? other, one && other]).toEqual([made, undefined]);
      expect(await remove()).toBeUndefined();
    });

    it('are counted one writer after the other', async () => {
      const store = await open();
      const addIfFewer = (limit: number) =>
        store.write(async (tx) => {
          if ((await tx.webhooks.countLocked()) < limit) await tx.webhooks.add({ ...endpoint(), secret: 's' });
        });
      await Promise.all(Array.from({ length: 6 }, () => addIfFewer(3)));
      expect(await store.write((tx) => tx.webhooks.countLocked())).toBe(3);
    });

    it('are seen in their tenant only', async () => {
      const [store, other] = [await open(), await open()];
      const made = endpoint();
      await store.write((tx) => tx.webhooks.add({ ...made, secret: 's' }));
      const found = await other.write(async (tx) => [
        ...(await tx.webhooks.list({ limit: 9 })),
        ...(await tx.webhooks.all()),
        await tx.webhooks.withSecret(made.id),
        await tx.webhooks.remove(made.id),
        await tx.webhooks.countLocked(),
      ]);
      expect(found).toEqual([undefined, undefined, 0]);
      expect(await store.read((tx) => tx.webhooks.withSecret(made.id))).toEqual({ url: made.url, secret: 's' });
    });
  });
}
