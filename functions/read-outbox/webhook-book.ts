import { randomUUID } from 'node:crypto';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { removeWebhook, wantsEvent } from '#core/alerts/index.ts';
import type { Context } from '#core/kernel/index.ts';

/** What the deliverer of webhooks has to know of a tenant's endpoints. */
export function webhookBook(plane: ControlPlane) {
  const within = (tenant: string): Context => ({
    tenant,
    principal: { id: 'system:webhooks', kind: 'service', roles: [] },
    now: new Date(),
    requestId: randomUUID(),
  });
  return {
    async wanting(tenant: string, type: string): Promise<readonly string[]> {
      const all = await plane.read(within(tenant), (tx) => tx.webhooks.all());
      return all.filter(({ eventTypes }) => wantsEvent(eventTypes, type)).map(({ id }) => id);
    },
    endpoint: (tenant: string, id: string) => plane.read(within(tenant), (tx) => tx.webhooks.withSecret(id)),
    async forget(tenant: string, id: string): Promise<void> {
      const ctx = within(tenant);
      await plane.write(ctx, {}, (tx) => removeWebhook(tx, { webhook: id, reason: 'gone' }));
    },
  };
}
