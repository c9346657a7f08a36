import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { urlProblem } from '#adapters/webhooks/web-address.ts';
import type { webhookRoutes } from '#api/webhooks.ts';
import { registerWebhook, removeWebhook, type WebhookEndpoint } from '#core/alerts/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByAge = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });
const SECRET_BYTES = 32;

export interface WebhookDeps {
  readonly plane: ControlPlane;
  /** Whether this stage calls addresses that are not on the public internet, and such over plain HTTP. */
  readonly privateAddresses: boolean;
}

export function webhookHandlers({ plane, privateAddresses }: WebhookDeps): Handlers<typeof webhookRoutes> {
  return {
    listWebhooks: async (ctx, { cursor, limit }) => {
      const position = readCursor(cursor, ByAge);
      const before = position && { createdAt: new Date(position.createdAt), id: position.id };
      const rows = await plane.read(ctx, (tx) => tx.webhooks.list({ limit: limit + 1, before }));
      return pageFrom(rows, limit, webhookView, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
    },
    registerWebhook: async (ctx, { url, eventTypes }, call) => {
      const reason = urlProblem(url, { privateAddresses });
      if (reason) throw new DomainError({ code: 'webhook_url_refused', url, reason });
      const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
      return plane.write(ctx, call, async (tx) => ({
        ...webhookView(await registerWebhook(tx, ctx, { id: uuidv7(), url, eventTypes, secret })),
        secret,
      }));
    },
    removeWebhook: async (ctx, { webhook }, call) => {
      const known = await plane.write(ctx, call, (tx) => removeWebhook(tx, { webhook, reason: 'asked' }));
      if (!known) throw new DomainError({ code: 'not_found', what: 'webhook', id: webhook });
      return { id: webhook };
    },
  };
}

function webhookView({ id, url, eventTypes, createdBy, createdAt }: WebhookEndpoint) {
  return { id, url, eventTypes: [...eventTypes], createdBy, createdAt: createdAt.toISOString() };
}
