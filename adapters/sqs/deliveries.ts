import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** A queue whose reader decides itself when it tries a message again. */
export function sqsDeliveries(client: Pick<SQSClient, 'send'>, queueUrl: string) {
  return {
    async add(delivery: object): Promise<void> {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(delivery) }));
    },
    /** Shows the message that is being handled again after so many seconds, if it is not deleted meanwhile. */
    async tryAgainIn(seconds: number, receiptHandle: string): Promise<void> {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }),
      );
    },
  };
}
