import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mongoCalls } from '#adapters/mongo/calls.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { s3ObjectStore } from '#adapters/s3/object-store.ts';
import { StoreUnavailable } from '#core/kernel/index.ts';
import type { PredictionMessage } from '#core/serving/index.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { byBucketPolicy } from '../../test/support/by-bucket-policy.ts';
import { startMongo, type TestMongo } from '../../test/support/mongo.ts';
import { BARE_MESSAGE } from '../../test/support/prediction-message.ts';
import { type LogPorts, logBatch } from './log-batch.ts';
import { parquetArchive } from './parquet-archive.ts';

let aws: TestAws;
let mongo: TestMongo;
let s3: S3Client;
let bucket: string;
let ports: LogPorts;
let tests = 0;

beforeAll(async () => {
  [aws, mongo] = await Promise.all([startAws(), startMongo()]);
  s3 = new S3Client(aws.config);
});
afterAll(() => Promise.all([aws.stop(), mongo.stop()]));
beforeEach(async () => {
  bucket = `log-${++tests}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const database = async () => mongo.client.db(`${mongo.database}_${tests}`);
  ports = {
    log: mongoPredictionLog(database, () => new Date()),
    archive: parquetArchive(s3ObjectStore(byBucketPolicy(s3), bucket)),
    calls: mongoCalls(database),
    now: () => new Date(),
  };
});

const sent = (ids: readonly string[], changes: Partial<PredictionMessage> = {}): PredictionMessage => ({
  ...BARE_MESSAGE,
  types: { distance: 'integer', delay: 'number', origin: 'category', weekend: 'boolean', date: 'datetime' },
  predictions: ids.map((id) => ({
    id,
    unit: `unit-${id}`,
    eventTime: '2001-04-01T10:20:30Z',
    features: { distance: 100, delay: 1.5, origin: 'SFO', weekend: true, date: '2001-04-01 10:20' },
    output: { label: true, score: 0.75 },
  })),
  ...changes,
});
const attributes = { ApproximateReceiveCount: '1' };
const delivered = (...messages: readonly PredictionMessage[]) =>
  messages.map((message, index) => ({ messageId: `m${index}`, body: JSON.stringify(message), attributes }));

async function keys(): Promise<readonly string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

/** Every row of every file, as DuckDB reads them together. */
async function archived(columns = 'id'): Promise<readonly Record<string, unknown>[]> {
  const folder = await mkdtemp(join(tmpdir(), 'read-log-'));
  const instance = await DuckDBInstance.create(':memory:');
  try {
    for (const [index, key] of (await keys()).entries()) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      await writeFile(join(folder, `${index}.parquet`), (await Body?.transformToByteArray()) ?? '');
    }
    const connection = await instance.connect();
    const query = `select ${columns} from read_parquet('${folder}/*.parquet', union_by_name = true) order by id`;
    return (await connection.runAndReadAll(query)).getRowObjectsJson();
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}
const archivedIds = async () => (await archived()).map(({ id }) => id);

describe('logBatch', () => {
  it('writes every prediction for look-up and for scans', async () => {
    const outcome = await logBatch(ports, delivered(sent(['1'])));
    expect(outcome).toMatchObject({ rows: 1, files: 1, failed: new Map() });
    expect(await keys()).toEqual([
      expect.stringMatching(/^tenants\/tenant-a\/predictions\/flights\/2001\/04\/01\/10\/[0-9a-f]{32}\.parquet$/),
    ]);
    expect(await archived('*')).toEqual([
      {
        id: '1',
        version: 2,
        version_id: 'v-2',
        arm: 'v2',
        unit: 'unit-1',
        event_time: '2001-04-01 10:20:30',
        received_at: '2026-04-01 12:00:00.123',
        label: true,
        score: 0.75,
        feature_distance: '100',
        feature_delay: 1.5,
        feature_origin: 'SFO',
        feature_weekend: true,
        feature_date: '2001-04-01 10:20:00',
      },
    ]);
    const predictions = mongoPredictions(async () => mongo.client.db(`${mongo.database}_${tests}`));
    expect(await predictions.find('tenant-a', '1')).toEqual({
      ...sent([]),
      schema: undefined,
      types: undefined,
      predictions: undefined,
      ...sent(['1']).predictions[0],
      eventTime: '2001-04-01T10:20:30.000Z',
      tenant: 'tenant-a',
    });
    expect(await predictions.find('tenant-b', '1')).toBeUndefined();
    expect(await predictions.givenAt('tenant-a', ['1', '2'])).toEqual(new Map([['1', new Date('2026-04-01T12:00:00.123Z')]]));
  });

  it('keeps what is missing missing, and a file per tenant, hour and version', async () => {
    const [first] = sent(['1']).predictions;
    const empty = {
      ...sent(['2']),
      predictions: [
        { id: '2', eventTime: '2001-04-01T11:00:00Z', features: { origin: '', delay: null }, output: { label: false, score: 0 } },
      ],
    };
    const later = sent(['3'], { version: 3, versionId: 'v-3', types: { distance: 'number', speed: 'number' } });
    await logBatch(ports, delivered(sent(['1']), empty, later, sent(['1'], { tenant: 'tenant-b' })));
    expect(await keys()).toHaveLength(4);
    const rows = await archived('id, unit, feature_delay, feature_origin, feature_distance');
    expect(rows.find(({ id }) => id === '2')).toEqual({
      id: '2',
      unit: null,
      feature_delay: null,
      feature_origin: null,
      feature_distance: null,
    });
    expect(rows.filter(({ id }) => id === first?.id)).toHaveLength(2);
  });

  it('changes nothing when a delivery comes twice, or in other company', async () => {
    await logBatch(ports, delivered(sent(['1', '2']), sent(['3'])));
    await logBatch(ports, delivered(sent(['1', '2']), sent(['3'])));
    await logBatch(ports, delivered(sent(['3']), sent(['4'])));
    await logBatch(ports, delivered(sent(['1', '2'])));
    expect(await archivedIds()).toEqual(['1', '2', '3', '4']);
    expect(await keys()).toHaveLength(2);
  });

  it('changes nothing when two deliveries with the same message run at once', async () => {
    await Promise.all([
      logBatch(ports, delivered(sent(['1', '2']), sent(['3']))),
      logBatch(ports, delivered(sent(['3']), sent(['4']))),
      logBatch(ports, delivered(sent(['1', '2']), sent(['4']))),
    ]);
    expect(await archivedIds()).toEqual(['1', '2', '3', '4']);
  });

  it('completes what a delivery left that died between Mongo and S3', async () => {
    const dying: LogPorts = { ...ports, archive: { write: () => Promise.reject(new Error('died')) } };
    const left = await logBatch(dying, delivered(sent(['1', '2']), sent(['3'])));
    expect([...left.failed.keys()]).toEqual(['m0', 'm1']);
    expect(await keys()).toEqual([]);
    await logBatch(ports, delivered(sent(['3']), sent(['4'])));
    expect(await archivedIds()).toEqual(['1', '2', '3', '4']);
    await logBatch(ports, delivered(sent(['1', '2'])));
    expect(await archivedIds()).toEqual(['1', '2', '3', '4']);
  });

  it('completes what a delivery left that died after S3, before it was noted', async () => {
    const dying: LogPorts = { ...ports, log: { ...ports.log, close: () => Promise.reject(new Error('died')) } };
    await logBatch(dying, delivered(sent(['1']), sent(['2'])));
    await logBatch(ports, delivered(sent(['2']), sent(['3'])));
    expect(await archivedIds()).toEqual(['1', '2', '3']);
  });

  it('gives back only the messages that failed', async () => {
    const choosy: LogPorts = {
      ...ports,
      archive: {
        write: (files) =>
          files.some(({ rows }) => rows.some(({ id }) => id === '2')) ? Promise.reject(new Error('no room')) : ports.archive.write(files),
      },
    };
    const apart = sent(['2'], { version: 3, versionId: 'v-3' });
    const batch = [...delivered(sent(['1']), apart, sent(['3'], { tenant: 'tenant-b' })), { messageId: 'bad', body: '{}', attributes }];
    const { failed } = await logBatch(choosy, batch);
    expect([...failed.keys()].sort()).toEqual(['bad', 'm1']);
    expect(await archivedIds()).toEqual(['1', '3']);
  });

  it('keeps how each call went once, however often it is delivered, also of a call without predictions', async () => {
    const calls = mongoCalls(async () => mongo.client.db(`${mongo.database}_${tests}`));
    const ok = sent(['1', '2'], { call: { id: 'c1', rows: 2, durationMs: 1.5, outcome: 'ok' } });
    const error = sent([], { call: { id: 'c2', rows: 9, durationMs: 3, outcome: 'error', error: 'broken' } });
    await Promise.all([logBatch(ports, delivered(ok, error)), logBatch(ports, delivered(error, sent(['3'])))]);
    await logBatch(ports, delivered(ok));
    const found = await calls.ofVersion('tenant-a', { versionId: 'v-2', from: new Date('2026-04-01T00:00:00Z') });
    expect([...found].sort((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { id: 'c1', rows: 2, durationMs: 1.5, outcome: 'ok', scores: Float32Array.of(0.75, 0.75), arm: 'v2' },
      { id: 'c2', rows: 9, outcome: 'error', error: 'broken', scores: new Float32Array(0) },
    ]);
    const gone: LogPorts = { ...ports, calls: { insertOnce: () => Promise.reject(new Error('no calls')) } };
    expect([...(await logBatch(gone, delivered(ok, sent(['4'])))).failed.keys()]).toEqual(['m0']);
    expect(await archivedIds()).toEqual(['1', '2', '3', '4']);
  });

  it('counts every row and call once when batches come twice, overlapping and with crashes, over many files', async () => {
    const random = seeded(20010401);
    const tenants = ['tenant-a', 'tenant-b'];
    const messages = Array.from({ length: 24 }, (_, m) => {
      const version = 2 + (m % 2);
      const call = { id: `call-${m}`, rows: 6, durationMs: 1, outcome: 'ok' as const };
      const about = { tenant: tenants[m % 3 === 0 ? 1 : 0] as string, version, versionId: `v-${version}`, call };
      const message = sent(
        Array.from({ length: 6 }, (_, row) => `${m}-${row}`),
        about,
      );
      const hour = (row: number) => new Date(Date.UTC(2001, 3, 1, Math.floor(random() * 16), row)).toISOString();
      return { ...message, predictions: message.predictions.map((each, row) => ({ ...each, eventTime: hour(row) })) };
    });
    const whole = messages.map((message, m) => ({ messageId: `m${m}`, body: JSON.stringify(message), attributes }));
    const mayCrash = () => {
      // As when the process or a store goes: nothing more of this group is tried.
      if (random() < 0.3) throw new StoreUnavailable('A store', { cause: undefined });
    };
    const fragile: LogPorts = {
      now: ports.now,
      calls: {
        async insertOnce(tenant, calls) {
          mayCrash();
          await ports.calls.insertOnce(tenant, calls);
          mayCrash();
        },
      },
      archive: {
        async write(files) {
          // Breaks off between two files of one delivery, too.
          await ports.archive.write(files.slice(0, Math.ceil(random() * files.length)));
          mayCrash();
          await ports.archive.write(files);
          mayCrash();
        },
      },
      log: {
        open: (tenant, files) => ports.log.open(tenant, files),
        async claim(tenant, files) {
          await ports.log.claim(tenant, files.slice(0, Math.ceil(random() * files.length)));
          mayCrash();
          return ports.log.claim(tenant, files);
        },
        stillOpen: (tenant, keys) => ports.log.stillOpen(tenant, keys),
        openedIn: (tenant, time) => ports.log.openedIn(tenant, time),
        async close(tenant, keys) {
          mayCrash();
          await ports.log.close(tenant, keys);
        },
      },
    };
    // The queue gives each message at least twice, in two batches that overlap, at once, and again until somebody took it.
    const deliveries = [whole.slice(0, 16), whole.slice(8), whole.slice(0, 16), whole.slice(8).toReversed()];
    let crashes = 0;
    const deliver = async (delivery: typeof whole) => {
      for (let left = delivery, round = 0; left.length > 0; round++) {
        const { failed } = await logBatch(round < 2 ? fragile : ports, left);
        crashes += failed.size;
        left = left.filter(({ messageId }) => failed.has(messageId));
      }
    };
    await Promise.all(deliveries.map(deliver));
    expect(crashes).toBeGreaterThan(20);

    const ids = messages.flatMap(({ predictions }) => predictions.map(({ id }) => id));
    expect(await archivedIds()).toEqual(ids.toSorted());
    expect((await keys()).length).toBeGreaterThan(40);
    const db = mongo.client.db(`${mongo.database}_${tests}`);
    expect(await db.collection('predictions').countDocuments()).toBe(ids.length);
    expect(await db.collection('prediction_files').countDocuments()).toBe(0);
    const calls = await Promise.all(
      tenants.flatMap((tenant) =>
        ['v-2', 'v-3'].map((versionId) => mongoCalls(async () => db).ofVersion(tenant, { versionId, from: new Date('2026-04-01') })),
      ),
    );
    const told = calls.flat().map(({ id, rows, scores }) => `${id} ${rows} ${scores.length}`);
    expect(told.toSorted()).toEqual(messages.map((_, m) => `call-${m} 6 6`).toSorted());
  });
});

/** The same draws in every run: a linear congruence, high bits. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
