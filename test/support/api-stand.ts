import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Db } from 'mongodb';
import { dynamoBell } from '../../adapters/dynamodb/bell.ts';
import { dynamoMemberships } from '../../adapters/dynamodb/memberships.ts';
import { mongoLabels } from '../../adapters/mongo/labels.ts';
import { mongoPredictions } from '../../adapters/mongo/predictions.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { type Postgres, postgresPool } from '../../adapters/postgres/pool.ts';
import { watchingPlane } from '../../adapters/postgres/watching-plane.ts';
import { s3DownloadUrl } from '../../adapters/s3/download-url.ts';
import { s3Evidence } from '../../adapters/s3/evidence.ts';
import { s3PredictionFiles } from '../../adapters/s3/prediction-files.ts';
import { s3Uploads } from '../../adapters/s3/uploads.ts';
import { controlRoutes } from '../../api/control-routes.ts';
import { operationsRoutes } from '../../api/operations-routes.ts';
import type { Plane } from '../../api/route.ts';
import { ROUTES } from '../../api/routes.ts';
import { watchRoutes } from '../../api/watch.ts';
import { serve } from '../../functions/_http/serve.ts';
import type { AuthorizerAnswer, AuthorizerEvent } from '../../functions/authorizer/authorize.ts';
import { controlHandlers } from '../../functions/control/control-handlers.ts';
import { feedbackHandlers, feedbackRoutes } from '../../functions/feedback/feedback-handlers.ts';
import { operationsHandlers } from '../../functions/operations/operations-handlers.ts';
import { watchHandlers } from '../../functions/watch/watch-handlers.ts';
import { startAws } from './aws.ts';
import { startMongo } from './mongo.ts';
import { newTable } from './new-table.ts';
import { startPostgres } from './postgres.ts';
import type { HttpHandler } from './route-caller.ts';
import { type ApiRequest, callThrough } from './through-the-gateway.ts';
import { identityProvider } from './tokens.ts';

export const BUCKET = 'data';

/** Which walls of Postgres stand: the statements' own predicate, and row-level security, which the caller switches in the database. */
export interface Walls {
  readonly predicate: boolean;
}

export type Handlers = Readonly<Record<Plane, HttpHandler>>;

export type ApiStand = Awaited<ReturnType<typeof startApi>>;

/** Every plane of the API with the functions' own handlers behind the real authorizer, on real stores. For one test file: it sets the environment. */
export async function startApi() {
  const [postgres, mongo, aws] = await Promise.all([startPostgres(), startMongo(), startAws()]);
  const provider = await identityProvider();
  const keys = await serveJson(provider.jwks);
  const s3 = new S3Client({ ...aws.config, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const dynamo = new DynamoDBClient(aws.config);
  const sqs = new SQSClient({ ...aws.config, useQueueUrlAsEndpoint: false });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await Promise.all([
    newTable(dynamo, ['pk', 'sk'], 'membership'),
    newTable(dynamo, ['pk', 'sk'], 'routing'),
    newTable(dynamo, ['pk'], 'bell'),
  ]);
  const { QueueUrl: queueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'predictions' }));
  Object.assign(process.env, {
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: aws.config.region,
    AWS_ACCESS_KEY_ID: aws.config.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.config.credentials.secretAccessKey,
    DATA_BUCKET: BUCKET,
    ISSUERS: provider.issuers(`http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks.json`),
    MEMBERSHIP_TABLE: 'membership',
    PREDICTION_QUEUE_URL: queueUrl,
    ROUTING_TABLE: 'routing',
  });
  const [{ handler: authorizer }, { handler: docs }, { handler: predict }] = await Promise.all([
    import('../../functions/authorizer/handler.ts'),
    import('../../functions/docs/handler.ts'),
    import('../../functions/predict/handler.ts'),
  ]);
  const mongoOf = async () => mongo.client.db(mongo.database);
  const bell = dynamoBell(dynamo, 'bell');
  const pools: Postgres[] = [];

  function handlers(
    { predicate }: Walls = { predicate: true },
    planted: { readonly s3?: S3Client; readonly mongo?: () => Promise<Db> } = {},
  ): Handlers {
    const pool = postgresPool(postgres.app, { max: 8, ...(predicate ? {} : { withoutTenantPredicate: true }) });
    pools.push(pool);
    const files = planted.s3 ?? s3;
    const connect = planted.mongo ?? mongoOf;
    const plane = controlPlane({ pool, bell });
    const operations = {
      plane,
      downloadUrl: s3DownloadUrl(s3, BUCKET),
      uploads: s3Uploads(files, BUCKET),
      files: s3PredictionFiles(files, BUCKET),
      privateAddresses: false,
    };
    const feedback = { labels: mongoLabels(connect), predictions: mongoPredictions(connect) };
    const made = {
      control: serve(controlRoutes, controlHandlers({ plane, bell, s3: files, bucket: BUCKET, instanceTypes: ['ml.m5.large'] }), {
        name: 'control',
      }),
      operations: serve(operationsRoutes, operationsHandlers(operations), { name: 'operations' }),
      watch: serve(watchRoutes, watchHandlers({ plane: watchingPlane({ pool }), mongo: connect, evidence: s3Evidence(files, BUCKET) }), {
        name: 'watch',
      }),
      feedback: serve(feedbackRoutes, feedbackHandlers(feedback), { name: 'feedback' }),
      docs,
      predict,
    };
    return made as unknown as Handlers;
  }

  const whole = handlers();
  const known = new Map<string, Promise<AuthorizerAnswer>>();
  /** Asked once for one token and tenant, as the gateway does for all routes together. */
  const asked = ({ headers = {} }: AuthorizerEvent): Promise<AuthorizerAnswer> => {
    const identity = JSON.stringify([headers['authorization'], headers['sluice-tenant']]);
    const answer = known.get(identity) ?? authorizer({ headers });
    known.set(identity, answer);
    return answer;
  };
  return {
    postgres,
    mongo,
    mongoOf,
    s3,
    dynamo,
    sqs,
    queueUrl,
    provider,
    handlers,
    plane: controlPlane({ pool: postgres.pool, bell }),
    async putFile(Key: string, Body: Buffer): Promise<string> {
      const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ChecksumSHA256 }));
      return Key;
    },
    memberships: dynamoMemberships(dynamo, 'membership'),
    call: (operation: string, request: ApiRequest, by: Handlers = whole) => {
      const route = ROUTES[operation];
      if (!route) throw new Error(`There is no route ${operation}.`);
      return callThrough({ route, authorizer: asked, handler: by[route.plane] }, request);
    },
    async stop() {
      keys.close();
      for (const client of [s3, dynamo, sqs]) client.destroy();
      await Promise.all(pools.map((pool) => pool.destroy()));
      await Promise.all([postgres.stop(), mongo.stop(), aws.stop()]);
    },
  };
}

function serveJson(document: object): Promise<Server> {
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(document)));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
