import * as z from 'zod';

/** What our bus carries: a CloudEvent that names its tenant. The rest of it goes to the receiver as it is. */
export const Event = z.looseObject({ id: z.uuid(), type: z.string(), tenant: z.uuid() });
export type Event = z.output<typeof Event>;

/** One event for one endpoint. The secret is looked up when it is sent: a queue is no place for it. */
export const Delivery = z.strictObject({ endpoint: z.uuid(), event: Event });
export type Delivery = z.output<typeof Delivery>;
