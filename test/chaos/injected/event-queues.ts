import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { within } from './lambda-process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Queues by what they carry: `infra` gives each its reader, batch and attempts. */
const SOURCES = {
  predictions: { fn: 'log-predictions', batch: 10, attempts: 5 },
  events: { fn: 'deliver-webhooks', batch: 10, attempts: 5 },
  deliveries: { fn: 'deliver-webhooks', batch: 1, attempts: 8 },
} as const;
export type QueueName = keyof typeof SOURCES;

export interface QueueClient {
  readonly sqs: SQSClient;
  readonly urls: Readonly<Record<QueueName, string>>;
}

export interface EventQueuesProps {
  readonly client: QueueClient;
  readonly time: VirtualTime;
  invoke(from: string, fn: string, task: string, event: unknown): Promise<unknown>;
}

/** Lambda's event sources on real queues. A message that failed is shown again at once, where AWS would wait. */
export function eventQueues({ client: { sqs, urls }, time, invoke }: EventQueuesProps) {
  const polling = new Set<QueueName>();
  const waiting = new Map<QueueName, number>();
  let dead: { readonly queue: QueueName; readonly body: string }[] = [];

  /** Nothing else sends: an empty queue need not be asked. */
  function poll(name: QueueName): void {
    waiting.set(name, (waiting.get(name) ?? 0) + 1);
    if (polling.has(name)) return;
    polling.add(name);
    time.work(async () => {
      try {
        for (let known = waiting.get(name) ?? 0; known > 0; known = waiting.get(name) ?? 0) {
          const over = (await pollOnce(name)) ?? known;
          waiting.set(name, Math.max(0, (waiting.get(name) ?? 0) - over));
        }
      } finally {
        polling.delete(name);
      }
    });
  }

  /** @returns how many messages are done with; undefined when there were none */
  async function pollOnce(name: QueueName): Promise<number | undefined> {
    const { fn, batch, attempts } = SOURCES[name];
    const QueueUrl = urls[name];
    // A message that was given back may need a moment.
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: batch,
        VisibilityTimeout: 600,
        WaitTimeSeconds: 2,
        AttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return undefined;
    const failed = await handled(name, fn, Messages);
    const isOver = ({ MessageId = '', Attributes }: Message) =>
      !failed.has(MessageId) || Number(Attributes?.ApproximateReceiveCount ?? 1) >= attempts;
    dead.push(
      ...Messages.filter((one) => failed.has(one.MessageId ?? '') && isOver(one)).map(({ Body = '' }) => ({ queue: name, body: Body })),
    );
    const over = Messages.filter(isOver).map(({ MessageId: Id, ReceiptHandle }) => ({ Id, ReceiptHandle }));
    const again = Messages.filter((one) => !isOver(one)).map(({ MessageId: Id, ReceiptHandle }) => ({
      Id,
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    if (over.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: over }));
    if (again.length > 0) await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: again }));
    return over.length;
  }

  async function handled(name: QueueName, fn: string, messages: readonly Message[]): Promise<ReadonlySet<string>> {
    const Records = messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes,
    }));
    try {
      const { batchItemFailures } = (await invoke('queue', fn, name, { Records })) as {
        readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
      };
      return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } catch {
      return new Set(messages.map(({ MessageId = '' }) => MessageId));
    }
  }

  return {
    async put(name: QueueName, body: string): Promise<void> {
      await within.run(undefined, () => sqs.send(new SendMessageCommand({ QueueUrl: urls[name], MessageBody: body })));
      within.run(undefined, () => poll(name));
    },
    arrived(url: string): void {
      const name = (Object.keys(urls) as QueueName[]).find((one) => urls[one] === url);
      if (name) poll(name);
    },
    /** Messages that nobody could handle. */
    get dead() {
      return dead;
    },
    forget(): void {
      dead = [];
    },
  };
}
