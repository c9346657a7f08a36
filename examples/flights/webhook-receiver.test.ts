import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  receiver.trust('growing', SECRET);
});
afterAll(() => receiver.stop());

interface Change {
  readonly id?: string;
  readonly at?: Date;
  readonly secret?: string;
  readonly listener?: string;
  /** What the signature is made of. */
  readonly signed?: string;
}

const SENT = '{"id":"e1","type":"t"}';

async function call({ id = 'e1', at = new Date(), secret = SECRET, listener = 'growing', signed = SENT }: Change) {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, signed),
  };
  const { status } = await fetch(receiver.urlOf(listener), { method: 'POST', headers, body: SENT });
  return status;
}

it('takes what is signed, and once what comes twice', async () => {
  expect([await call({}), await call({})]).toEqual([204, 204]);
  expect(receiver.received('growing')).toEqual([{ id: 'e1', type: 't' }]);
});

it.each([
  ['another secret', { secret: `whsec_${Buffer.from('another-secret').toString('base64')}` }],
  ['another body', { signed: '{}' }],
  ['an old call played again', { at: new Date(Date.now() - 3_600_000) }],
  ['a listener whose secret it does not know', { listener: 'steady' }],
])('refuses %s', async (_, change) => {
  expect(await call({ id: 'bad', ...change })).toBe(401);
  expect(receiver.received('growing').map(({ id }) => id)).toEqual(['e1']);
});
