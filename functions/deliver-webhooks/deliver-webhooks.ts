import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import type { sqsDeliveries } from '#adapters/sqs/deliveries.ts';
import { Delivery, Event } from './event.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import type { sendDelivery } from './send-delivery.ts';

export interface DeliverWebhooksProps {
  /** The tenant's endpoints that want events of this type. */
  endpointsWanting(tenant: string, type: string): Promise<readonly string[]>;
  send: ReturnType<typeof sendDelivery>;
  deliveries: ReturnType<typeof sqsDeliveries>;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** An event as the rule puts it into the queue. */
const FromBus = z.looseObject({ 'detail-type': z.string(), detail: Event });

/**
 * Reads two queues. An event from the bus becomes a delivery for each endpoint that wants it, so that one that is down keeps no other
 * waiting and is tried again alone; a delivery is sent. SQS hands both out at least once: a receiver may be told twice.
 */
export function deliverWebhooks({ endpointsWanting, send, deliveries, logger }: DeliverWebhooksProps) {
  async function fanOut({ detail }: z.output<typeof FromBus>): Promise<void> {
    const endpoints = await endpointsWanting(detail.tenant, detail.type);
    await Promise.all(endpoints.map((endpoint) => deliveries.add({ endpoint, event: detail })));
    if (endpoints.length > 0) logger.info('fanned out', { event: detail.id, type: detail.type, endpoints: endpoints.length });
  }

  async function deliver(delivery: Delivery, { attributes, receiptHandle }: SQSRecord): Promise<void> {
    const attempt = Number(attributes.ApproximateReceiveCount);
    const about = { endpoint: delivery.endpoint, tenant: delivery.event.tenant, event: delivery.event.id, attempt };
    try {
      logger.info('delivery', { ...about, outcome: await send(delivery) });
    } catch (error) {
      const seconds = retryDelaySeconds(attempt);
      logger.warn('the endpoint did not take the event', { ...about, nextInSeconds: seconds, error: error as Error });
      await deliveries.tryAgainIn(seconds, receiptHandle);
      throw error;
    }
  }

  async function handle(record: SQSRecord): Promise<void> {
    const body: unknown = JSON.parse(record.body);
    const delivery = Delivery.safeParse(body);
    return delivery.success ? deliver(delivery.data, record) : fanOut(FromBus.parse(body));
  }

  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const outcomes = await Promise.allSettled(Records.map(handle));
    const batchItemFailures = Records.flatMap(({ messageId }, index) => {
      const outcome = outcomes[index];
      if (outcome?.status !== 'rejected') return [];
      logger.error('a message comes again', { messageId, error: outcome.reason as Error });
      return [{ itemIdentifier: messageId }];
    });
    return { batchItemFailures };
  };
}
