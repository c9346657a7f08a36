import { describe, expect, it } from 'vitest';
import type { PredictionMessage, PredictionQueue } from '#core/serving/index.ts';

export interface ReadableQueue {
  readonly queue: PredictionQueue;
  /** Takes out what is in the queue; in no order. */
  received(): Promise<readonly PredictionMessage[]>;
}

/** What every `PredictionQueue` must do. */
export function predictionQueueContract(open: () => Promise<ReadableQueue>) {
  describe('the prediction queue', () => {
    const message = (tenant: string, rows: number, text: string): PredictionMessage => ({
      schema: 'sluice.predictions.v1',
      tenant,
      model: 'flights',
      modelId: 'm',
      version: 1,
      versionId: 'v',
      arm: 'v1',
      receivedAt: '2026-04-01T12:00:00.000Z',
      types: { note: 'category' },
      predictions: Array.from({ length: rows }, (_, i) => ({
        id: `row-${String(i).padStart(3, '0')}`,
        eventTime: '2001-04-01T10:00:00Z',
        features: { note: text },
        output: { label: true, score: 0.75 },
      })),
    });
    /** At least once means that a message may come twice. */
    const byTenant = (messages: readonly PredictionMessage[]) =>
      new Map(
        [...new Set(messages.map((each) => JSON.stringify(each)))].map((text) => JSON.parse(text)).map((each) => [each.tenant, each]),
      );

    it('keeps a message whole that fits, of each of several senders at once', async () => {
      const { queue, received } = await open();
      const sent = [message('a', 2, 'x'), message('b', 1, 'é'), message('c', 100, 'y')];
      await Promise.all(sent.map((each) => queue.send(each)));
      expect(byTenant(await received())).toEqual(new Map(sent.map((each) => [each.tenant, each])));
    });

    it('brings a call that is too large for one message in several, none of its predictions lost or in two of them', async () => {
      const { queue, received } = await open();
      const whole = message('a', 256, 'é'.repeat(1000));
      await queue.send(whole);
      const parts = [...new Set((await received()).map((each) => JSON.stringify(each)))].map((text): PredictionMessage => JSON.parse(text));
      expect(parts.length).toBeGreaterThan(1);
      const predictions = parts.flatMap((part) => part.predictions).sort((one, other) => (one.id < other.id ? -1 : 1));
      expect(predictions).toEqual(whole.predictions);
      for (const part of parts) expect({ ...part, predictions: [] }).toEqual({ ...whole, predictions: [] });
    });

    it('refuses a prediction that fits nowhere, and keeps nothing of its call', async () => {
      const { queue, received } = await open();
      const { predictions, ...call } = message('a', 1, 'x');
      const tooLarge = { ...call, predictions: [...predictions, ...message('a', 1, 'x'.repeat(300_000)).predictions] };
      await expect(queue.send(tooLarge)).rejects.toMatchObject({ name: 'payload_too_large' });
      expect(await received()).toEqual([]);
    });
  });
}
