import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recorded } from '#core/kernel/index.ts';
import { silent, startPublisher } from '../../test/support/publisher-stand.ts';
import { type Sweeping, sweepBells } from './sweep-bells.ts';

let stand: Awaited<ReturnType<typeof startPublisher>>;

beforeAll(async () => {
  stand = await startPublisher();
});
afterAll(() => stand?.stop());

describe('the sweep', () => {
  const MINUTES = 60_000;
  const later = (minutes: number): Sweeping => ({ ...stand.publishing, now: () => Date.now() + minutes * MINUTES });
  const sweep = (sweeping: Sweeping) => sweepBells(sweeping, silent)();
  const emptied = async () => {
    const { Items = [] } = await stand.dynamo.send(new ScanCommand({ TableName: 'bell' }));
    await Promise.all(
      Items.map(async ({ pk = { S: '' } }) => stand.dynamo.send(new DeleteItemCommand({ TableName: 'bell', Key: { pk } }))),
    );
  };
  const order = (name: string): Recorded => ({
    type: 'execution.ordered.v1',
    subject: `execution/${name}`,
    destination: 'execution',
    data: { stateMachine: 'training', name, input: {} },
  });

  it('asks nobody when no bell hangs there', async () => {
    await emptied();
    const asleep: Sweeping = { ...later(2), ask: () => Promise.reject(new Error('the database was woken')) };
    expect(await sweep(asleep)).toEqual({ published: 0, failed: 0 });
  });

  it('publishes a bell that the stream has lost, and leaves a fresh one to the stream', async () => {
    await emptied();
    const ctx = await stand.someone();
    const name = randomUUID();
    const bell = await stand.write(ctx, [order(name)]);
    expect(await sweep(later(0))).toEqual({ published: 0, failed: 0 });
    expect(await stand.bellIsSilent(bell)).toBe(false);
    expect(await sweep(later(2))).toEqual({ published: 1, failed: 0 });
    expect(await stand.bellIsSilent(bell)).toBe(true);
    expect(await stand.executions(name)).toEqual([`${name}: RUNNING`]);
    expect(await sweep(later(2))).toEqual({ published: 0, failed: 0 });
  });

  it('reads every page, and one bad bell keeps no other waiting', async () => {
    await emptied();
    const ctx = await stand.someone();
    const filler = 'x'.repeat(200_000);
    // More than the megabyte that one page of a scan holds; none of them is a bell that can be read.
    const bad = Array.from({ length: 6 }, (_, index) => `bad/${index}`);
    for (const pk of bad)
      await stand.dynamo.send(
        new PutItemCommand({ TableName: 'bell', Item: { pk: { S: pk }, rungAt: { N: '1' }, filler: { S: filler } } }),
      );
    const bells = [await stand.write(ctx, [order(randomUUID())]), await stand.write(ctx, [order(randomUUID())])];
    await expect(sweep(later(2))).rejects.toThrow('6 of 8 unheard bells');
    for (const bell of bells) expect(await stand.bellIsSilent(bell)).toBe(true);
    await emptied();
  });
});
