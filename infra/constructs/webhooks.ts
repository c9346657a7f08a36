import { Duration } from 'aws-cdk-lib';
import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import type { Workspace } from '../workspace.ts';
import { DeadLetteredQueue, queueKeepsFailures } from './dead-lettered-queue.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface WebhooksProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly alarms: ITopic;
  readonly bus: EventBus;
  /** Knows who is told and how it is signed. */
  readonly reader: SluiceFunction;
}

/** As often as functions/deliver-webhooks/retry-delay.ts has delays, and once more: over four hours. */
const ATTEMPTS = 8;
const TIMEOUT = Duration.seconds(30);
/** So many addresses may be slow at once before others wait for them. */
const AT_ONCE = 20;

/** Tells tenants' endpoints of the bus's events. Outside the VPC, because it calls the internet; every event passes one queue and every delivery another, so that each is tried again alone. */
export class Webhooks extends Construct {
  constructor(scope: Construct, id: string, { settings, workspace, alarms, bus, reader }: WebhooksProps) {
    super(scope, id);
    const visibilityTimeout = Duration.seconds(6 * TIMEOUT.toSeconds());
    const events = new DeadLetteredQueue(this, 'Events', { alarms, visibilityTimeout });
    const deliveries = new DeadLetteredQueue(this, 'Deliveries', { alarms, visibilityTimeout, attempts: ATTEMPTS });
    const everything = new Rule(this, 'Everything', {
      eventBus: bus,
      description: `Sluice ${settings.stage}: offers every event to the tenants' webhooks`,
      eventPattern: { source: ['sluice'] },
    });
    // What the bus cannot put into the queue is lost otherwise; it waits with what the function could not handle.
    everything.addTarget(new SqsQueue(events.queue, { deadLetterQueue: events.deadLetters }));

    const { fn } = new SluiceFunction(this, 'Deliverer', {
      name: 'deliver-webhooks',
      caller: 'queue',
      settings,
      workspace,
      alarms,
      timeout: TIMEOUT,
      environment: {
        READ_OUTBOX_FUNCTION: reader.fn.functionName,
        DELIVERY_QUEUE_URL: deliveries.queue.queueUrl,
        WEBHOOK_PRIVATE_ADDRESSES: String(settings.webhooks.privateAddresses),
      },
    });
    fn.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [reader.fn.functionArn] }));
    deliveries.queue.grant(fn, 'sqs:SendMessage');
    fn.addEventSource(new SqsEventSource(events.queue, { batchSize: 10, maxConcurrency: 5, reportBatchItemFailures: true }));
    fn.addEventSource(new SqsEventSource(deliveries.queue, { batchSize: 1, maxConcurrency: AT_ONCE, reportBatchItemFailures: true }));
    queueKeepsFailures(fn);
  }
}
