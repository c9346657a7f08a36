import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListObjectVersionsCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { dynamoRetainedTenants } from '../../adapters/dynamodb/retained-tenants.ts';
import { mongoAgedDocuments } from '../../adapters/mongo/aged-documents.ts';
import { mongoCalls } from '../../adapters/mongo/calls.ts';
import { mongoLabels } from '../../adapters/mongo/labels.ts';
import { mongoPredictionLog } from '../../adapters/mongo/prediction-log.ts';
import { mongoReports } from '../../adapters/mongo/reports.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { postgresDataInUse } from '../../adapters/postgres/data-in-use.ts';
import { s3AgedObjects } from '../../adapters/s3/aged-objects.ts';
import { putPolicy, type Retention } from '../../core/governance/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import { type Enforcing, enforceRetention, enterPolicy } from '../../functions/enforce-retention/enforce.ts';
import { tellExpired } from '../../functions/enforce-retention/tell-expired.ts';
import { startAws } from './aws.ts';
import { startMongo } from './mongo.ts';
import { newTable } from './new-table.ts';
import { startPostgres } from './postgres.ts';
import { predictionFile } from './prediction-file.ts';

const BUCKET = 'data';
const DAY_MS = 24 * 60 * 60_000;

/** Everything that a retention is enforced on, on real stores. Stores say themselves when they took something in, so the clock is moved. */
export async function startRetention() {
  const [postgres, mongo, aws] = await Promise.all([startPostgres(), startMongo(), startAws()]);
  const [s3, dynamo] = [new S3Client(aws.config), new DynamoDBClient(aws.config)];
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
  const connect = async () => mongo.client.db(mongo.database);
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const inUse = postgresDataInUse(postgres.pool);
  let stores: Enforcing = {
    tenants: await tenantsIn(dynamo),
    objects: s3AgedObjects(s3, BUCKET),
    documents: mongoAgedDocuments(connect),
    inUse,
    policy: inUse.policy,
    tell: tellExpired({ plane, isTold: inUse.isTold }),
    now: Date.now,
  };
  const [calls, labels, reports] = [mongoCalls(connect), mongoLabels(connect), mongoReports(connect)];
  const put = async (tenant: string, ...paths: readonly string[]) => {
    for (const path of paths) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `tenants/${tenant}/${path}`, Body: path }));
  };

  return {
    get stores() {
      return stores;
    },
    /** In which nobody is entered. */
    async newTable() {
      stores = { ...stores, tenants: await tenantsIn(dynamo) };
    },
    plane,
    reports,
    put,
    async newTenant(): Promise<Context> {
      const { id: tenant } = await postgres.newTenant();
      return { tenant, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
    },
    /** What came before it is a day old when something that comes after it is not; both by S3's clock. */
    async boundary(): Promise<Date> {
      await sleep(1_100);
      const at = new Date();
      await sleep(1_100);
      return at;
    },
    async policy(ctx: Context, retention: Retention | undefined) {
      const rules = { approvals: [], gates: [], ...(retention && { retention }) };
      const { version } = await plane.write(ctx, {}, (tx) => putPolicy(tx, ctx, { rules, comment: 'why' }));
      await enterPolicy(stores)(ctx.tenant);
      return version;
    },
    /** A prediction, the open file that it belongs to, a call and a label of that moment. */
    async documents(tenant: string, name: string, at: Date) {
      const receivedAt = at.toISOString();
      const file = predictionFile(tenant, name, [name]);
      const files = [{ ...file, rows: file.rows.map((row) => ({ ...row, receivedAt })) }];
      const log = mongoPredictionLog(connect, () => at);
      await log.open(tenant, files);
      await log.claim(tenant, files);
      const of = { model: 'flights', modelId: 'm', versionId: 'v', version: 1, arm: 'v1', rows: 1, durationMs: 1, outcome: 'ok' } as const;
      await calls.insertOnce(tenant, [{ id: name, ...of, receivedAt, scores: Float32Array.of(0.5) }]);
      await labels.insertOnce(tenant, [{ predictionId: name, value: true, observedAt: receivedAt, receivedAt, recordedBy: 'ada' }]);
    },
    /** Everything that is there, versions by their keys. */
    async there(tenant: string): Promise<readonly string[]> {
      const prefix = `tenants/${tenant}/`;
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: prefix }));
      const found = Versions.map(({ Key = '' }) => Key.slice(prefix.length));
      for (const name of ['predictions', 'prediction_files', 'calls', 'labels', 'reports']) {
        const documents = await (await connect()).collection(name).find({ tenant }).toArray();
        found.push(...documents.map(({ _id }) => `${name}:${String(_id).slice(tenant.length + 1)}`));
      }
      return found.sort();
    },
    /** The clock shows when what came before the boundary is so many days old. */
    run: (boundary: Date, days: number, change: Partial<Enforcing> = {}) => {
      const enforcing = { ...stores, now: () => boundary.getTime() + days * DAY_MS, ...change };
      return enforceRetention(enforcing, { info: () => undefined, error: () => undefined })();
    },
    audit: (tenant: string) =>
      postgres.asOwnerIn(tenant, async (client) => {
        const { rows } = await client.query(`select principal, data from audit where subject = 'retention' order by seq`);
        return rows as readonly { readonly principal: string; readonly data: Readonly<Record<string, unknown>> }[];
      }),
    async stop() {
      s3.destroy();
      dynamo.destroy();
      await Promise.all([postgres.stop(), mongo.stop(), aws.stop()]);
    },
  };
}

async function tenantsIn(dynamo: DynamoDBClient) {
  return dynamoRetainedTenants(dynamo, await newTable(dynamo, ['pk']));
}
