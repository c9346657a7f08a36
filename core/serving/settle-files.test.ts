import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PredictionFile, planFiles } from './prediction-file.ts';
import type { PredictionMessage } from './prediction-record.ts';
import { type SettlePorts, settleFiles, settleLeft } from './settle-files.ts';

const message = (ids: readonly string[], receivedAt = '2026-04-01T00:00:00.000Z'): PredictionMessage => ({
  schema: 'sluice.predictions.v1',
  tenant: 't',
  model: 'flights',
  modelId: 'm',
  version: 1,
  versionId: 'v',
  arm: 'v1',
  receivedAt,
  types: {},
  predictions: ids.map((id) => ({ id, eventTime: '2001-04-01T10:20:00Z', features: {}, output: { label: true, score: 0.9 } })),
});
const digest = (text: string) => {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 0x1fffffffffff;
  return hash.toString(16).padStart(32, '0');
};

/** Both stores in memory, each operation atomic as in the real ones; `step` runs before each of them. */
function memory(step: () => Promise<void> = async () => undefined) {
  const rows = new Map<string, string>();
  const open = new Map<string, PredictionFile>();
  const archive = new Map<string, readonly string[]>();
  const ports: SettlePorts = {
    log: {
      async open(_, files) {
        for (const file of files) {
          await step();
          if (!open.has(file.key)) open.set(file.key, file);
        }
      },
      async claim(_, files) {
        // Row by row, as an unordered insert is: a crash may fall between two rows, and before their owners are read.
        for (const { key, rows: own } of files) {
          for (const { id } of own) {
            await step();
            if (!rows.has(id)) rows.set(id, key);
          }
        }
        await step();
        const ids = files.flatMap(({ rows: own }) => own.map(({ id }) => id));
        return new Map(ids.flatMap((id) => (rows.has(id) ? [[id, rows.get(id) ?? '']] : [])));
      },
      async stillOpen(_, keys) {
        await step();
        return keys.flatMap((key) => open.get(key) ?? []);
      },
      // Everything here was opened long ago.
      async openedIn() {
        await step();
        return [...open.values()];
      },
      async close(_, keys) {
        for (const key of keys) {
          await step();
          open.delete(key);
        }
      },
    },
    archive: {
      async write(files) {
        for (const { key, rows: written } of files) {
          await step();
          if (!archive.has(key))
            archive.set(
              key,
              written.map((row) => row.id),
            );
        }
      },
    },
  };
  return { ports, rows, archive, open, archived: () => [...archive.values()].flat().sort() };
}

const overThreeHours = (given: PredictionMessage): PredictionMessage => ({
  ...given,
  predictions: given.predictions.map((each) => ({ ...each, eventTime: `2001-04-01T1${Number(each.id) % 3}:20:00Z` })),
});

async function deliver(ports: SettlePorts, messages: readonly PredictionMessage[]): Promise<void> {
  await settleFiles(ports, 't', planFiles(messages, digest));
}

describe('settleFiles', () => {
  const [a, b, c] = [message(['1', '2']), message(['3']), message(['4'])];

  it.each([
    { name: 'once', deliveries: [[a, b]], files: 1 },
    {
      name: 'twice in the same company',
      deliveries: [
        [a, b],
        [a, b],
      ],
      files: 1,
    },
    { name: 'twice in one delivery', deliveries: [[a, a, b]], files: 1 },
    {
      name: 'again in other company',
      deliveries: [
        [a, b],
        [b, c],
        [c, a],
      ],
      files: 2,
    },
    { name: 'under the same ids by a retrying caller', deliveries: [[a, b], [message(['1', '2'], '2026-04-01T00:00:09.000Z')]], files: 1 },
  ])('archives each row once when delivered $name', async ({ deliveries, files }) => {
    const { ports, archive, archived, open } = memory();
    for (const messages of deliveries) await deliver(ports, messages);
    expect(archived()).toEqual([...new Set(deliveries.flat().flatMap(({ predictions }) => predictions.map(({ id }) => id)))].sort());
    expect([archive.size, open.size]).toEqual([files, 0]);
  });

  it('archives each row exactly once, whatever is delivered together, breaks off and overlaps', async () => {
    // Rows of three hours, so that a delivery makes several files.
    const messages = [a, b, c, message(['5', '6', '7']), message(['8']), message(['2', '9'])].map(overThreeHours);
    const all = [...new Set(messages.flatMap(({ predictions }) => predictions.map(({ id }) => id)))].sort();
    const delivery = fc.record({
      which: fc.subarray(messages, { minLength: 1 }),
      // Breaks off after this many operations of the stores; a large number means not at all.
      steps: fc.integer({ min: 0, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(delivery, { minLength: 1, maxLength: 5 }), fc.scheduler(), async (deliveries, scheduler) => {
        const { ports, rows, archived, open } = memory(async () => scheduler.schedule(Promise.resolve()));
        const running = deliveries.map(({ which, steps }) => deliver(breakingOff(ports, steps), which).catch(() => undefined));
        await scheduler.waitIdle();
        await Promise.all(running);
        // The queue gives back what was not finished, each message alone.
        for (const each of messages) {
          const again = deliver(ports, [each]);
          await scheduler.waitIdle();
          await again;
        }
        expect(archived()).toEqual(all);
        // What is still open holds no row that belongs to it.
        for (const { key } of open.values()) expect([...rows.values()]).not.toContain(key);
        const settling = settleLeft(ports, 't', new Date());
        await scheduler.waitIdle();
        await settling;
        expect([archived(), open.size]).toEqual([all, 0]);
      }),
      { numRuns: 300 },
    );
  });
});

/** The same ports, for a process that dies after so many operations: of a bulk operation, the rest is not done. */
function breakingOff({ log, archive }: SettlePorts, steps: number): SettlePorts {
  let left = steps;
  const limit =
    <A extends unknown[], R>(operation: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (left-- <= 0) throw new Error('died');
      return operation(...args);
    };
  const oneByOne =
    <T>(operation: (each: readonly T[]) => Promise<unknown>) =>
    async (all: readonly T[]): Promise<void> => {
      for (const each of all) await limit(operation)([each]);
    };
  return {
    log: {
      open: (tenant, files) => oneByOne((some: typeof files) => log.open(tenant, some))(files),
      claim: async (tenant, files) => {
        for (const file of files) await oneByOne((rows: typeof file.rows) => log.claim(tenant, [{ ...file, rows }]))(file.rows);
        return limit(log.claim)(tenant, files);
      },
      stillOpen: limit(log.stillOpen),
      openedIn: limit(log.openedIn),
      close: (tenant, keys) => oneByOne((some: typeof keys) => log.close(tenant, some))(keys),
    },
    archive: { write: oneByOne((files) => archive.write(files)) },
  };
}
