import * as z from 'zod';
import type { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { DomainError } from '#core/kernel/index.ts';
import { RebuildOrder } from './orders.ts';
import type { Rebuilt } from './rebuild.ts';

/** A custom resource: when the tables are made, or others take their place, they are filled before anybody asks them. */
const Deployment = z.object({ RequestType: z.enum(['Create', 'Update', 'Delete']) });

/** Rebuilds where the event asks for it, undefined for any other. */
export function rebuildWhen(
  rebuild: (tenant?: string) => Promise<Rebuilt>,
  { tenantBySlug }: Pick<ReturnType<typeof postgresOutbox>, 'tenantBySlug'>,
) {
  return async (event: unknown): Promise<object | undefined> => {
    const deployment = Deployment.safeParse(event);
    if (deployment.success) {
      const Data = deployment.data.RequestType === 'Delete' ? {} : { ...(await rebuild()) };
      return { PhysicalResourceId: 'rebuilt', Data };
    }
    const order = RebuildOrder.safeParse(event);
    if (!order.success) return undefined;
    const { tenant: slug } = order.data;
    if (slug === undefined) return rebuild();
    const tenant = await tenantBySlug(slug);
    if (!tenant) throw new DomainError({ code: 'not_found', what: 'tenant', id: slug });
    return rebuild(tenant);
  };
}
