import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Bell, ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { createTenant, putMember } from '#core/governance/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { Order } from './orders.ts';

export interface AdministerProps {
  readonly plane: ControlPlane;
  readonly outbox: Pick<ReturnType<typeof postgresOutbox>, 'waiting' | 'tenantBySlug'>;
  readonly bell: Bell;
}

const IN_FORCE_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 50;
const RING_AGAIN_MS = 3_000;

/** Carries out one order and answers when it is in force: the authorizer's table shows it. Orders may be given again. */
export function administer({ plane, outbox, bell }: AdministerProps) {
  return async (event: unknown, { awsRequestId }: { readonly awsRequestId: string }) => {
    const order = Order.parse(event);
    const slug = order.action === 'create-tenant' ? order.slug : order.tenant;
    const known = await outbox.tenantBySlug(slug);
    if (order.action === 'put-member' && !known) throw new DomainError({ code: 'not_found', what: 'tenant', id: slug });
    const tenant = known ?? uuidv7();
    const ctx: Context = {
      tenant,
      principal: { id: 'platform', kind: 'service', roles: ['admin'] },
      now: new Date(),
      requestId: awsRequestId,
    };
    const member = await plane.write(ctx, {}, async (tx) =>
      order.action === 'create-tenant' ? (await createTenant(tx, ctx, order)).admin : putMember(tx, ctx, order),
    );
    await inForce({ outbox, bell }, tenant, `member/${member.principal}`);
    return { tenant, slug, member };
  };
}

/** Rings again for what waits too long: the first ring may have been lost with a stream, and publishing twice changes nothing. */
async function inForce({ outbox, bell }: Pick<AdministerProps, 'outbox' | 'bell'>, tenant: string, subject: string): Promise<void> {
  const began = Date.now();
  let rangAt = began;
  for (;;) {
    const waiting = await outbox.waiting(tenant, subject);
    if (waiting.length === 0) return;
    if (Date.now() - began > IN_FORCE_WITHIN_MS) {
      throw new Error(
        `The change is stored, but not in force after ${IN_FORCE_WITHIN_MS / 1000} s. Look at the logs of publish-outbox, then give the order again.`,
      );
    }
    if (Date.now() - rangAt > RING_AGAIN_MS) {
      rangAt = Date.now();
      for (const intent of waiting) await bell.ring(intent, tenant);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
