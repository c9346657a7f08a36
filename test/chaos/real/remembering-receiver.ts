import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { startWebhookReceiver, type WebhookReceiver } from '../../../examples/flights/webhook-receiver.ts';

/**
 * A receiver of webhooks that knows its secrets when it is started again: what was under way when a run was broken off is delivered as
 * soon as the region is up, and what is refused then comes again after minutes only.
 * @param path of the file with the secrets, by listener
 */
export async function rememberingReceiver(path: string, port: number): Promise<WebhookReceiver> {
  const receiver = await startWebhookReceiver(port);
  const secrets: Record<string, string> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  for (const [listener, secret] of Object.entries(secrets)) receiver.trust(listener, secret);
  return {
    ...receiver,
    trust(listener, secret) {
      secrets[listener] = secret;
      writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 });
      receiver.trust(listener, secret);
    },
  };
}
