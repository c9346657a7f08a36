import { setTimeout as sleep } from 'node:timers/promises';
import { SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeployedApp } from '../../setup/deployed-app.ts';

const POLL_MS = 300;

export interface AlertQueue {
  /** Waits until a message that holds this text has come, at most so long. */
  awaitMessage(text: string, limitMs: number): Promise<string>;
  close(): Promise<void>;
}

/** What a platform engineer's own queue hears of the topic of alerts. */
export async function alertQueue({ aws, outputs }: DeployedApp, name: string): Promise<AlertQueue> {
  const sqs = new SQSClient(aws);
  const sns = new SNSClient(aws);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const queueArn = Attributes?.['QueueArn'];
  const statement = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: queueArn };
  // A topic may put nothing into a queue that does not say so.
  const policy = {
    Version: '2012-10-17',
    Statement: [{ ...statement, Condition: { ArnEquals: { 'aws:SourceArn': outputs.AlertTopicArn } } }],
  };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } }));
  const { SubscriptionArn } = await sns.send(
    new SubscribeCommand({
      TopicArn: outputs.AlertTopicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      ReturnSubscriptionArn: true,
    }),
  );
  const heard: string[] = [];
  return {
    async awaitMessage(text, limitMs) {
      const until = Date.now() + limitMs;
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        heard.push(...Messages.map(({ Body = '' }) => Body));
        const found = heard.find((body) => body.includes(text));
        if (found !== undefined) return found;
        if (Date.now() > until)
          throw new Error(`the topic of alerts said nothing of ${text} in ${limitMs / 1000} s, but ${heard.length} other things`);
        await sleep(POLL_MS);
      }
    },
    async close() {
      await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      sns.destroy();
      sqs.destroy();
    },
  };
}
