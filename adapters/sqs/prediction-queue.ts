import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { DomainError } from '#core/kernel/index.ts';
import type { Prediction, PredictionMessage, PredictionQueue } from '#core/serving/index.ts';

const LIMIT_BYTES = 256 * 1024;

/** Messages of at most 256 KiB: a call that holds more goes in several. */
export function sqsPredictionQueue(client: Pick<SQSClient, 'send'>, queueUrl: string): PredictionQueue {
  return {
    async send(message) {
      const bodies = splitMessage(message, LIMIT_BYTES);
      await Promise.all(bodies.map((MessageBody) => client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))));
    },
  };
}

/**
 * The message as JSON texts of at most `limitBytes` each, its predictions dealt out in order.
 * @throws {DomainError} `payload_too_large` when one prediction alone does not fit
 */
export function splitMessage(message: PredictionMessage, limitBytes: number): readonly string[] {
  const whole = JSON.stringify(message);
  if (Buffer.byteLength(whole) <= limitBytes) return [whole];
  const { call, ...shared } = message;
  // How the call went is told once, by the first of its messages.
  const first = call && { ...shared, call: { ...call, scores: message.predictions.map(({ output }) => output.score) } };
  const room = limitBytes - Buffer.byteLength(JSON.stringify({ ...(first ?? shared), predictions: [] }));
  const parts: Prediction[][] = [];
  let left = 0;
  for (const prediction of message.predictions) {
    const bytes = Buffer.byteLength(JSON.stringify(prediction)) + 1;
    if (bytes > room) throw new DomainError({ code: 'payload_too_large', limitBytes: room });
    if (bytes > left) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(prediction);
    left -= bytes;
  }
  return parts.map((predictions, index) => JSON.stringify({ ...((index === 0 && first) || shared), predictions }));
}
