import type { Recorder } from '#core/kernel/index.ts';
import type { WebhookEndpoints } from './ports.ts';

export interface RemoveWebhook {
  readonly webhook: string;
  /** `gone`: the receiver answered 410, its way to say that it wants no more. */
  readonly reason: 'asked' | 'gone';
}

type Tx = { readonly webhooks: WebhookEndpoints } & Recorder;

/** Safe to retry: one that was removed before is removed. @returns whether there is or was such an endpoint */
export async function removeWebhook(tx: Tx, { webhook, reason }: RemoveWebhook): Promise<boolean> {
  const removed = await tx.webhooks.remove(webhook);
  if (!removed) return tx.webhooks.wasTold(webhook);
  tx.record({ type: 'webhook.removed.v1', subject: `webhook/${webhook}`, data: { webhook, reason } });
  return true;
}
