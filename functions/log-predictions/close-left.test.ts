import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import type { PredictionMessage } from '#core/serving/index.ts';
import { startMongo, type TestMongo } from '../../test/support/mongo.ts';
import { BARE_MESSAGE } from '../../test/support/prediction-message.ts';
import { type LogPorts, logBatch } from './log-batch.ts';

let mongo: TestMongo;
let ports: LogPorts;
/** By key; what is there is not written again. */
let archive: Map<string, readonly string[]>;
let minutes: number;
let tests = 0;

beforeAll(async () => {
  mongo = await startMongo();
});
afterAll(() => mongo.stop());
beforeEach(() => {
  tests += 1;
  archive = new Map();
  minutes = 0;
  const now = () => new Date(Date.UTC(2026, 3, 1, 0, minutes));
  ports = {
    log: mongoPredictionLog(async () => database(), now),
    archive: {
      async write(files) {
        for (const { key, rows } of files)
          if (!archive.has(key))
            archive.set(
              key,
              rows.map(({ id }) => id),
            );
      },
    },
    calls: { insertOnce: async () => undefined },
    now,
  };
});

const database = () => mongo.client.db(`${mongo.database}_${tests}`);
const archived = () => [...archive.values()].flat().sort();
const openFiles = () => database().collection('prediction_files').countDocuments();

const sent = (id: string): PredictionMessage => ({
  ...BARE_MESSAGE,
  predictions: [{ id, eventTime: '2001-04-01T10:20:30Z', features: {}, output: { label: true, score: 0.75 } }],
});
const delivered = (ids: readonly string[], ApproximateReceiveCount: string) =>
  ids.map((id) => ({ messageId: id, body: JSON.stringify(sent(id)), attributes: { ApproximateReceiveCount } }));

/** A delivery of these that is killed when its file is open and no row is there. */
async function breakOff(ids: readonly string[]): Promise<void> {
  const dying: LogPorts = { ...ports, log: { ...ports.log, claim: () => Promise.reject(new Error('died')) } };
  await logBatch(dying, delivered(ids, '1'));
  expect(await openFiles()).toBe(1);
}

describe('a file that a broken-off delivery left open', () => {
  it('is closed by the messages that come again in other company, and no row is logged twice', async () => {
    await breakOff(['1', '2']);
    minutes = 6;
    await logBatch(ports, delivered(['1'], '2'));
    await logBatch(ports, delivered(['2', '3'], '2'));
    expect(await openFiles()).toBe(0);
    expect(archived()).toEqual(['1', '2', '3']);
  });

  it('is logged when its messages do not come', async () => {
    await breakOff(['1', '2']);
    minutes = 6;
    await logBatch(ports, delivered(['9'], '2'));
    expect(archived()).toEqual(['1', '2', '9']);
    await logBatch(ports, delivered(['1', '2'], '3'));
    expect([archived(), await openFiles()]).toEqual([['1', '2', '9'], 0]);
  });

  it.each([
    { name: 'whoever opened it may be at work', afterMinutes: 1, count: '2' },
    { name: 'a policy may have removed its rows', afterMinutes: 13 * 60, count: '2' },
    { name: 'nothing says that a delivery broke off', afterMinutes: 6, count: '1' },
  ])('stays while $name', async ({ afterMinutes, count }) => {
    await breakOff(['1', '2']);
    minutes = afterMinutes;
    await logBatch(ports, delivered(['9'], count));
    expect(archived()).toEqual(['9']);
    expect(await openFiles()).toBe(1);
  });

  it('fails no message when it cannot be closed', async () => {
    await breakOff(['1', '2']);
    minutes = 6;
    const log = { ...ports.log, openedIn: () => Promise.reject(new Error('no answer')) };
    const { failed, left } = await logBatch({ ...ports, log }, delivered(['9'], '2'));
    expect([failed.size, left]).toEqual([0, [new Error('no answer')]]);
  });
});
