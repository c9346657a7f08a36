import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventBus } from '#adapters/events/event-bus.ts';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { sqsDeliveries } from '#adapters/sqs/deliveries.ts';
import { postWebhook } from '#adapters/webhooks/post-webhook.ts';
import { registerWebhook } from '#core/alerts/index.ts';
import { readOutbox } from '#functions/read-outbox/read-outbox.ts';
import { standings } from '#functions/read-outbox/standings.ts';
import { webhookBook } from '#functions/read-outbox/webhook-book.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../examples/flights/webhook-receiver.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { askWebhookBook } from './ask-webhook-book.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';
import { sendDelivery } from './send-delivery.ts';

let postgres: TestPostgres;
let aws: TestAws;
let sqs: SQSClient;
let plane: ControlPlane;
let receiver: WebhookReceiver;
let bus: ReturnType<typeof eventBus>;
let events: string;
let deliveries: string;
let handler: ReturnType<typeof deliverWebhooks>;

/** A receiver that answers what the test says, and counts. */
const moody = { status: 204, ids: [] as string[], stamps: [] as string[] };
const moodyServer = createServer((request, response) => {
  moody.ids.push(String(request.headers['webhook-id']));
  moody.stamps.push(String(request.headers['webhook-signature']));
  response.writeHead(moody.status, { location: '/elsewhere' }).end();
});
const moodyUrl = () => `http://127.0.0.1:${(moodyServer.address() as AddressInfo).port}/`;

beforeAll(async () => {
  [postgres, aws, receiver] = await Promise.all([startPostgres(), startAws(), startWebhookReceiver()]);
  await new Promise<void>((listening) => moodyServer.listen(0, '127.0.0.1', listening));
  sqs = new SQSClient(aws.config);
  const queue = async (QueueName: string) => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '120' } }));
    return QueueUrl;
  };
  [events, deliveries] = [await queue('events'), await queue('deliveries')];
  const bridge = new EventBridgeClient(aws.config);
  await bridge.send(new CreateEventBusCommand({ Name: 'sluice' }));
  await bridge.send(new PutRuleCommand({ Name: 'everything', EventBusName: 'sluice', EventPattern: '{"source":["sluice"]}' }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: events, AttributeNames: ['QueueArn'] }));
  const Targets = [{ Id: 'queue', Arn: Attributes?.QueueArn ?? '' }];
  await bridge.send(new PutTargetsCommand({ Rule: 'everything', EventBusName: 'sluice', Targets }));
  bus = eventBus(bridge, 'sluice');

  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const seal = async () => ({ rows: 0, more: false });
  const read = readOutbox({ outbox: postgresOutbox(postgres.pool), webhooks: webhookBook(plane), standings: standings(plane), seal });
  // Through JSON, as the invocation of the reading function does it.
  const book = askWebhookBook(async (request) => JSON.parse(JSON.stringify(await read(JSON.parse(JSON.stringify(request))))));
  handler = deliverWebhooks({
    endpointsWanting: book.endpointsWanting,
    send: sendDelivery({ ...book, post: postWebhook({ privateAddresses: true, timeoutMs: 500 }), now: () => new Date() }),
    deliveries: sqsDeliveries(sqs, deliveries),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});
afterAll(async () => {
  moodyServer.closeAllConnections();
  moodyServer.close();
  await Promise.all([receiver.stop(), postgres.stop(), aws.stop()]);
});

async function endpoint(tenant: string, url: string, eventTypes: readonly string[]) {
  const ctx = { tenant, principal: { id: 'ada', kind: 'user' as const, roles: [] }, now: new Date(), requestId: 'r' };
  const secret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
  const { id } = await plane.write(ctx, {}, (tx) => registerWebhook(tx, ctx, { id: randomUUID(), url, eventTypes, secret }));
  return { id, secret };
}

/** One that the receiver of the example listens for, under a name of its own. */
async function listening(tenant: string, eventTypes: readonly string[]): Promise<string> {
  const listener = randomUUID();
  receiver.trust(listener, (await endpoint(tenant, receiver.urlOf(listener), eventTypes)).secret);
  return listener;
}

function happened(tenant: string, type = 'monitor.drift.detected.v1') {
  const event = { specversion: '1.0', id: randomUUID(), source: `sluice/tenants/${tenant}`, type, subject: 'monitor/m', tenant };
  return { ...event, sequence: '1', data: { umlaut: 'ü "quoted"', model: 'delay' } };
}

/** Hands what the queue shows to the function as Lambda does, and deletes what did not fail. */
async function drain(queueUrl: string, waitSeconds = 2): Promise<{ readonly taken: number; readonly failed: number }> {
  const request = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: waitSeconds };
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ ...request, MessageSystemAttributeNames: ['All'] }));
  const Records = Messages.map(
    ({ MessageId, ReceiptHandle, Body, Attributes }) =>
      ({ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes }) as unknown as SQSRecord,
  );
  const { batchItemFailures } = await handler({ Records } as SQSEvent);
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { MessageId = '', ReceiptHandle } of Messages)
    if (!failed.has(MessageId)) await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  return { taken: Messages.length - failed.size, failed: failed.size };
}

describe('an event of the bus', () => {
  it("reaches its tenant's endpoints that want it, signed, and no other", async () => {
    const [mine, other] = [(await postgres.newTenant()).id, (await postgres.newTenant()).id];
    const [wanting, all, another] = [
      await listening(mine, ['monitor.*']),
      await listening(mine, ['*']),
      await listening(mine, ['rollout.*']),
    ];
    const strangers = await listening(other, ['*']);
    const event = happened(mine);
    await bus.put(event.type, event.subject, event);
    expect(await drain(events)).toEqual({ taken: 1, failed: 0 });
    expect(await drain(deliveries)).toEqual({ taken: 2, failed: 0 });
    expect([wanting, all, another, strangers].map((name) => receiver.received(name))).toEqual([[event], [event], [], []]);
    expect(receiver.refused).toEqual([]);
  });

  it('is told under one id when the queue hands it out twice', async () => {
    const tenant = (await postgres.newTenant()).id;
    const listener = await listening(tenant, ['*']);
    const { id } = await endpoint(tenant, moodyUrl(), ['*']);
    const event = happened(tenant);
    moody.ids.length = 0;
    for (let time = 0; time < 2; time++) {
      await bus.put(event.type, event.subject, event);
      await sqs.send(new SendMessageCommand({ QueueUrl: deliveries, MessageBody: JSON.stringify({ endpoint: id, event }) }));
    }
    expect(await drain(events)).toEqual({ taken: 2, failed: 0 });
    expect(await drain(deliveries)).toEqual({ taken: 6, failed: 0 });
    expect(receiver.received(listener)).toEqual([event]);
    expect(moody.ids).toEqual([event.id, event.id, event.id, event.id]);
  });

  it('that nobody wants ends there', async () => {
    const event = happened((await postgres.newTenant()).id);
    await bus.put(event.type, event.subject, event);
    expect(await drain(events)).toEqual({ taken: 1, failed: 0 });
    expect(await drain(deliveries, 0)).toEqual({ taken: 0, failed: 0 });
  });
});

describe('a delivery', () => {
  const send = async (delivery: object) =>
    sqs.send(new SendMessageCommand({ QueueUrl: deliveries, MessageBody: JSON.stringify(delivery) }));

  it.each([500, 302, 404, 429])('answered with %d is tried again later, with a signature of its own', async (status) => {
    const tenant = (await postgres.newTenant()).id;
    const { id } = await endpoint(tenant, moodyUrl(), ['*']);
    Object.assign(moody, { status, ids: [], stamps: [] });
    await send({ endpoint: id, event: happened(tenant) });
    expect(await drain(deliveries)).toEqual({ taken: 0, failed: 1 });
    expect(await drain(deliveries, 0)).toEqual({ taken: 0, failed: 0 });
    moody.status = 204;
    expect(await drain(deliveries, 8)).toEqual({ taken: 1, failed: 0 });
    expect([new Set(moody.ids).size, new Set(moody.stamps).size]).toEqual([1, 2]);
  });

  it('answered with 410 ends the endpoint, once', async () => {
    const tenant = (await postgres.newTenant()).id;
    const { id } = await endpoint(tenant, moodyUrl(), ['*']);
    Object.assign(moody, { status: 410, ids: [] });
    const deliver = { endpoint: id, event: happened(tenant) };
    await Promise.all([send(deliver), send(deliver)]);
    expect((await drain(deliveries)).failed + (await drain(deliveries, 1)).failed).toBe(0);
    await send(deliver);
    const calls = moody.ids.length;
    expect(await drain(deliveries)).toEqual({ taken: 1, failed: 0 });
    expect(moody.ids.length).toBe(calls);
    const told = await postgres.asOwnerIn(tenant, async (client) => {
      return (await client.query("select data from outbox where type = 'webhook.removed.v1'")).rows;
    });
    expect(told).toEqual([{ data: { webhook: id, reason: 'gone' } }]);
  });

  it("of one tenant's event never goes to another's endpoint", async () => {
    const [mine, other] = [(await postgres.newTenant()).id, (await postgres.newTenant()).id];
    const { id } = await endpoint(other, moodyUrl(), ['*']);
    Object.assign(moody, { status: 204, ids: [] });
    await send({ endpoint: id, event: happened(mine) });
    expect(await drain(deliveries)).toEqual({ taken: 1, failed: 0 });
    expect(moody.ids).toEqual([]);
  });

  it('that nobody can read comes again, and keeps no other waiting', async () => {
    const tenant = (await postgres.newTenant()).id;
    const listener = await listening(tenant, ['*']);
    const event = happened(tenant);
    const record = (messageId: string, body: string) => ({ messageId, receiptHandle: 'r', body, attributes: {} }) as unknown as SQSRecord;
    const envelope = JSON.stringify({ 'detail-type': event.type, detail: event });
    const Records = [record('text', 'no json'), record('strange', '{}'), record('good', envelope)];
    expect(await handler({ Records } as SQSEvent)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'text' }, { itemIdentifier: 'strange' }],
    });
    expect(await drain(deliveries)).toEqual({ taken: 1, failed: 0 });
    expect(receiver.received(listener)).toEqual([event]);
  });
});
