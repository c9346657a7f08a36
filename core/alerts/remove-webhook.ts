import type { Recorder } from '#core/kernel/index.ts';
import type { WebhookEndpoint, WebhookEndpoints } from './ports.ts';

export interface RemoveWebhook {
  readonly webhook: string;
  /** `gone`: the receiver answered 410, its way to say that it wants no more. */
  readonly reason: 'asked' | 'gone';
}

type Tx = { readonly webhooks: WebhookEndpoints } & Recorder;

/** @returns undefined when there is no such endpoint any more; nothing is recorded then */
export async function removeWebhook(tx: Tx, { webhook, reason }: RemoveWebhook): Promise<WebhookEndpoint | undefined> {
  const removed = await tx.webhooks.remove(webhook);
  if (removed) tx.record({ type: 'webhook.removed.v1', subject: `webhook/${webhook}`, data: { webhook, reason } });
  return removed;
}
