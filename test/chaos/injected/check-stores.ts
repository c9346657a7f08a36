import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Db } from 'mongodb';
import type { Postgres } from '../../../adapters/postgres/pool.ts';
import { s3Evidence } from '../../../adapters/s3/evidence.ts';
import { wantsEvent } from '../../../core/alerts/index.ts';
import { verifyAuditChain } from '../../support/audit.ts';
import type { Finding, Query } from '../invariants/finding.ts';
import { exactly } from './exactly.ts';
import { type LoopOutcome, WANTED } from './loop.ts';
import type { Region } from './region.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

const SEALED_LONG_AGO_MS = 3_600_000;

export interface Stores {
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly evidence: string;
  readonly pool: Postgres;
  readonly db: Db;
  readonly tables: Readonly<Record<'bell' | 'open' | 'routing' | 'memberships', string>>;
}

/** What was acknowledged beside Postgres, and what must agree with it. */
export async function checkStores(stores: Stores, outcome: LoopOutcome, query: Query): Promise<readonly Finding[]> {
  return (
    await Promise.all([
      bellsSilent(stores, outcome),
      checkMongo(stores, outcome),
      checkObjects(stores, outcome, query),
      auditIntact(stores, outcome),
    ])
  ).flat();
}

/** Nothing is rung for or known as open any more. */
async function bellsSilent({ dynamo, tables }: Stores, { tenant }: LoopOutcome): Promise<readonly Finding[]> {
  const found = [tables.bell, tables.open].map(async (TableName) => {
    const { Items = [] } = await dynamo.send(
      new ScanCommand({ TableName, FilterExpression: 'tenant = :tenant', ExpressionAttributeValues: { ':tenant': { S: tenant } } }),
    );
    return Items.map(({ pk }): Finding => ({ sort: 'stuck', what: `${pk?.S} is still in ${TableName}` }));
  });
  return (await Promise.all(found)).flat();
}

/** A row that has no place in the chain now will have none, so the clock says that it waited long enough. */
async function auditIntact({ s3, evidence, pool }: Stores, { tenant }: LoopOutcome): Promise<readonly Finding[]> {
  const now = new Date(Date.now() + SEALED_LONG_AGO_MS);
  const { finding } = await verifyAuditChain({ pool, tenant, evidence: s3Evidence(s3, evidence), now });
  return finding ? [{ sort: 'wrong', what: `the audit chain is ${finding.kind}: ${finding.reason}` }] : [];
}

async function checkMongo({ db }: Stores, { tenant, predicted, labelled }: LoopOutcome): Promise<readonly Finding[]> {
  const own = (id: unknown) => String(id).slice(tenant.length + 1);
  const predictions = await db
    .collection('predictions')
    .find({ tenant }, { projection: { _id: 1 } })
    .toArray();
  const labels = await db.collection('labels').find({ tenant }).toArray();
  const open = await db.collection('prediction_files').countDocuments({ tenant });
  return [
    ...exactly(
      'prediction in Mongo',
      predicted,
      predictions.map(({ _id }) => own(_id)),
    ),
    ...exactly(
      'label',
      labelled.keys(),
      labels.map(({ _id }) => own(_id)),
    ),
    ...labels
      .filter(({ _id, value }) => labelled.get(own(_id)) !== value)
      .map(({ _id, value }): Finding => ({ sort: 'wrong', what: `the label of ${own(_id)} is ${value}, which nobody said` })),
    ...(open > 0 ? [{ sort: 'stuck', what: `${open} files of the prediction log are not written` } as const] : []),
  ];
}

async function checkObjects({ s3, bucket }: Stores, { tenant, predicted }: LoopOutcome, query: Query): Promise<readonly Finding[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `tenants/${tenant}/predictions/` }));
  const logged = await idsOf(
    s3,
    bucket,
    Contents.map(({ Key = '' }) => Key),
  );
  const named = await query(`select output_key as key from batch_prediction where status = 'succeeded'
    union select artifact_key from model_version union select signature_key from model_version
    union select report_key from evaluation union select report_key from scan where status = 'succeeded'
    union select object_key from dataset_version`);
  const there = named.map(async ({ key }): Promise<readonly Finding[]> => {
    const found = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: String(key) })).catch(() => undefined);
    return found ? [] : [{ sort: 'lost', what: `Postgres names ${key}, which is not in the bucket` }];
  });
  return [...exactly('prediction in the log', predicted, logged), ...(await Promise.all(there)).flat()];
}

async function idsOf(s3: S3Client, bucket: string, keys: readonly string[]): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'sluice-chaos-log-'));
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    for (const [index, Key] of keys.entries()) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      await writeFile(join(folder, `${index}.parquet`), (await Body?.transformToByteArray()) ?? '');
    }
    const connection = await database.connect();
    const rows = await connection.runAndReadAll(`select id from read_parquet('${folder}/*.parquet', union_by_name = true)`);
    const ids = rows.getRows().map(([id]) => String(id));
    connection.closeSync();
    return ids;
  } finally {
    database.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every fact that the endpoint asked for reached it, each under its own id; more than once is what webhooks promise. */
export async function checkWebhooks(receiver: WebhookReceiver, { tenant }: LoopOutcome, query: Query): Promise<readonly Finding[]> {
  const sent = await query(`select id, type from outbox where destination = 'bus' and created_at >=
    (select min(created_at) from outbox where type = 'webhook.registered.v1')`);
  const received = receiver.received(tenant);
  const wanted = sent.filter(({ type }) => wantsEvent(WANTED, String(type)));
  return [
    ...wanted
      .filter(({ id }) => !received.has(String(id)))
      .map(({ id, type }): Finding => ({ sort: 'lost', what: `the webhook was not told of ${type} ${id}` })),
    ...[...received]
      .filter(([, bodies]) => bodies.size > 1)
      .map(([id, bodies]): Finding => ({ sort: 'wrong', what: `event ${id} was told in ${bodies.size} versions` })),
  ];
}

/** Schedules follow their monitors. */
export async function checkSchedules({ schedules }: Pick<Region, 'schedules'>, query: Query): Promise<readonly Finding[]> {
  const monitors = await query(`select id from monitor where state = 'active' and settings->>'schedule' is not null`);
  const enabled = [...schedules.values()]
    .filter(({ State }) => State === 'ENABLED')
    .map(({ Target }) => JSON.parse(Target?.Input ?? '{}').monitor);
  return exactly(
    'schedule of monitor',
    monitors.map(({ id }) => String(id)),
    enabled,
  );
}
