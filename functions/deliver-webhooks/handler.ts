import { Logger } from '@aws-lambda-powertools/logger';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { sqsDeliveries } from '#adapters/sqs/deliveries.ts';
import { postWebhook } from '#adapters/webhooks/post-webhook.ts';
import { clientTimeouts } from '#functions/_stores/client-timeouts.ts';
import { invoking } from '#functions/_stores/invoking.ts';
import { required } from '#functions/_stores/required.ts';
import { askWebhookBook } from './ask-webhook-book.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';
import { sendDelivery } from './send-delivery.ts';

const env = process.env;
const book = askWebhookBook(invoking(new LambdaClient(), required(env, 'READ_OUTBOX_FUNCTION')));
const post = postWebhook({ privateAddresses: env['WEBHOOK_PRIVATE_ADDRESSES'] === 'true' });

export const handler = deliverWebhooks({
  endpointsWanting: book.endpointsWanting,
  send: sendDelivery({ ...book, post, now: () => new Date() }),
  // By the client's endpoint and not by the host in the queue's URL, which only the queue's own region knows.
  deliveries: sqsDeliveries(new SQSClient({ ...clientTimeouts(), useQueueUrlAsEndpoint: false }), required(env, 'DELIVERY_QUEUE_URL')),
  logger: new Logger({ serviceName: 'deliver-webhooks' }),
});
