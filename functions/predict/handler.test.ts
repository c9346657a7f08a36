import { readFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { type PredictionMessage, parsePredictionMessage } from '#core/serving/index.ts';
import { startAws, type TestAws } from '../../test/support/aws.ts';
import { newTable } from '../../test/support/new-table.ts';

const TENANT = '01900000-0000-7000-8000-000000000001';
const artifacts = `tenants/${TENANT}/artifacts`;
const arm = { versionId: 'v-3', version: 3, artifactKey: `${artifacts}/a/model.onnx`, signatureKey: `${artifacts}/b/signature.json` };
const row = { distance: 1000, delay: 4, origin: 'SFO', weekend: true, date: '2001-04-01 10:00' };

let aws: TestAws;
let dynamo: DynamoDBClient;
let sqs: SQSClient;
let queueUrl = '';
let invoke: (event: object) => Promise<{ statusCode: number; body: Record<string, unknown>; headers: Record<string, string> }>;

beforeAll(async () => {
  aws = await startAws();
  sqs = new SQSClient({ ...aws.config, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client(aws.config);
  dynamo = new DynamoDBClient(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  for (const [Key, name] of [
    [arm.artifactKey, 'delays.onnx'],
    [arm.signatureKey, 'delays.signature.json'],
  ] as const) {
    const Body = await readFile(new URL(`../../test/fixtures/${name}`, import.meta.url));
    await s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body }));
  }
  await newTable(dynamo, ['pk', 'sk'], 'routing');
  await dynamoRouting(dynamo, 'routing').write({
    tenant: TENANT,
    model: 'flights',
    modelId: 'm',
    ...arm,
    revision: 1,
    unserved: 0,
    arms: [{ ...arm, weight: 1 }],
  });
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'predictions' }))).QueueUrl ?? '';
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', '000000000000');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('ROUTING_TABLE', 'routing');
  vi.stubEnv('DATA_BUCKET', 'data');
  vi.stubEnv('PREDICTION_QUEUE_URL', queueUrl);
  const { handler } = await import('./handler.ts');
  invoke = async (event) => {
    const { statusCode, body, headers } = (await handler(event as never, {} as never)) as {
      statusCode: number;
      body: string;
      headers: Record<string, string>;
    };
    return { statusCode, body: JSON.parse(body), headers };
  };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.stop();
});

interface CallProps {
  readonly rows: unknown;
  readonly model?: string;
  readonly tenant?: string;
  readonly roles?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function call({ rows, model = 'flights', tenant = TENANT, roles = 'operator', headers = {} }: CallProps) {
  return invoke({
    routeKey: 'POST /v1/models/{model}/predictions',
    rawPath: `/v1/models/${model}/predictions`,
    headers,
    pathParameters: { model },
    body: JSON.stringify({ rows }),
    isBase64Encoded: false,
    requestContext: {
      requestId: 'request-1',
      http: { method: 'POST' },
      authorizer: { lambda: { principal: 'service-1', kind: 'service', tenant, tenantSlug: 'steady', roles } },
    },
  });
}

async function queued(): Promise<readonly PredictionMessage[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }));
  if (Messages.length > 0) {
    const Entries = Messages.map(({ ReceiptHandle = '' }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
  return Messages.map(({ Body = '' }) => parsePredictionMessage(Body));
}

const routed = { tenant: TENANT, modelId: 'm', ...arm, revision: 1 };

describe('POST /v1/models/{model}/predictions', () => {
  it('answers by the version that serves already when the file of the one being rolled out is gone', async () => {
    const canary = { ...arm, versionId: 'v-4', version: 4, artifactKey: `${artifacts}/gone/model.onnx` };
    const arms = [
      { ...arm, weight: 0 },
      { ...canary, weight: 1 },
    ];
    await dynamoRouting(dynamo, 'routing').write({ ...routed, model: 'rolled-out', unserved: 0, arms });
    const { statusCode, body } = await call({ rows: [{ features: row }, { features: row }], model: 'rolled-out' });
    expect([statusCode, body]).toMatchObject([
      200,
      {
        predictions: [
          { row: 0, version: 3 },
          { row: 1, version: 3 },
        ],
        unserved: [],
      },
    ]);
    const messages = [...(await queued())].sort((a, b) => a.version - b.version);
    expect(messages).toMatchObject([
      { version: 3, call: { rows: 2, outcome: 'ok' } },
      { version: 4, predictions: [], call: { rows: 2, outcome: 'error', error: expect.stringContaining('gone/model.onnx') } },
    ]);
  });

  it('says which share of the units is served while a first version is rolled out, and which rows wait', async () => {
    await dynamoRouting(dynamo, 'routing').write({ ...routed, model: 'first', unserved: 0.5, arms: [{ ...arm, weight: 0.5 }] });
    const rows = Array.from({ length: 64 }, (_, i) => ({ features: row, unit: `unit-${i}` }));
    const { body } = await call({ rows, model: 'first' });
    const { predictions, unserved } = body as {
      readonly predictions: readonly { readonly row: number }[];
      readonly unserved: readonly number[];
    };
    expect(unserved.length).toBeGreaterThan(10);
    expect([...predictions.map((each) => each.row), ...unserved].sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
    expect((await queued()).flatMap((message) => message.predictions)).toHaveLength(predictions.length);
    const waiting = await call({ rows: rows.filter((_, i) => unserved.includes(i)), model: 'first' });
    expect([waiting.statusCode, waiting.body]).toMatchObject([404, { type: '/problems/model_not_live', share: 0.5 }]);
  });

  it('answers the rows and has them in the queue before', async () => {
    const { statusCode, body } = await call({
      rows: [{ features: row, unit: 'AA 1', eventTime: '2001-04-01T10:00:00Z' }, { features: { ...row, distance: -5000 } }],
    });
    expect([statusCode, body]).toMatchObject([
      200,
      {
        model: 'flights',
        version: 3,
        predictions: [{ label: true, version: 3, arm: 'v3', score: expect.closeTo(1 / (1 + Math.exp(-1.7)), 5) }, { label: false }],
      },
    ]);
    const [message, ...more] = await queued();
    expect(more).toEqual([]);
    expect(message).toMatchObject({
      tenant: TENANT,
      model: 'flights',
      version: 3,
      versionId: 'v-3',
      types: { distance: 'integer', date: 'datetime' },
    });
    expect(message?.predictions.map(({ id }) => id)).toEqual((body['predictions'] as { id: string }[]).map(({ id }) => id));
    expect(message?.predictions[0]).toMatchObject({
      unit: 'AA 1',
      eventTime: '2001-04-01T10:00:00.000Z',
      features: row,
      output: { label: true },
    });
  });

  it('takes 256 rows in one call and gives each an id', async () => {
    const { statusCode, body } = await call({ rows: Array.from({ length: 256 }, (_, i) => ({ features: { ...row, distance: i } })) });
    expect(statusCode).toBe(200);
    expect(new Set((body['predictions'] as { id: string }[]).map(({ id }) => id)).size).toBe(256);
    expect((await queued()).flatMap(({ predictions }) => predictions)).toHaveLength(256);
  });

  it('gives the same ids when a call is repeated under its Idempotency-Key', async () => {
    const once = () => call({ rows: [{ features: row }], headers: { 'idempotency-key': 'booking-7' } });
    const [first, second] = [await once(), await once()];
    expect(second.body).toEqual(first.body);
    await queued();
  });

  const own = '01900000-0000-4000-8000-00000000000A';
  it.each([
    {
      name: 'a missing feature',
      props: { rows: [{ features: row }, { features: { ...row, weekend: null } }] },
      status: 400,
      type: 'features_invalid',
      issue: { row: 1, feature: 'weekend', problem: 'missing' },
    },
    {
      name: 'an extra feature',
      props: { rows: [{ features: { ...row, orgin: 'SFO' } }] },
      status: 400,
      type: 'features_invalid',
      issue: { row: 0, feature: 'orgin', problem: 'unknown' },
    },
    {
      name: 'a mistyped feature',
      props: { rows: [{ features: { ...row, distance: 'far' } }] },
      status: 400,
      type: 'features_invalid',
      issue: { feature: 'distance', problem: 'wrong_type' },
    },
    { name: 'no rows', props: { rows: [] }, status: 400, type: 'request_invalid', issue: { path: 'rows' } },
    {
      name: '257 rows',
      props: { rows: Array.from({ length: 257 }, () => ({ features: row })) },
      status: 400,
      type: 'request_invalid',
      issue: { path: 'rows' },
    },
    {
      name: 'an id that is no UUID',
      props: { rows: [{ id: 'mine', features: row }] },
      status: 400,
      type: 'request_invalid',
      issue: { path: 'rows.0.id' },
    },
    {
      name: 'one id twice',
      props: {
        rows: [
          { id: own, features: row },
          { id: own.toLowerCase(), features: row },
        ],
      },
      status: 400,
      type: 'request_invalid',
      issue: { path: 'rows' },
    },
    {
      name: 'a field nobody knows',
      props: { rows: [{ features: row, version: 9 }] },
      status: 400,
      type: 'request_invalid',
      issue: { path: 'rows.0' },
    },
    {
      name: 'an event time before the log begins',
      props: { rows: [{ features: row, eventTime: '1066-10-14T09:00:00Z' }] },
      status: 400,
      type: 'request_invalid',
      issue: { path: 'rows.0.eventTime' },
    },
  ])('refuses $name and logs nothing', async ({ props, status, type, issue }) => {
    const { statusCode, body } = await call(props);
    expect([statusCode, body['type']]).toEqual([status, `/problems/${type}`]);
    expect(body['issues']).toContainEqual(expect.objectContaining(issue));
    expect(await queued()).toEqual([]);
  });

  it.each([
    { name: 'a model that is not live', props: { rows: [{ features: row }], model: 'other' }, type: 'model_not_live' },
    {
      name: 'another tenant’s model, as if it were not there',
      props: { rows: [{ features: row }], tenant: '01900000-0000-7000-8000-000000000002' },
      type: 'model_not_live',
    },
    { name: 'a viewer', props: { rows: [{ features: row }], roles: 'viewer' }, type: 'permission_missing' },
    { name: 'nobody’s member', props: { rows: [{ features: row }], tenant: '' }, type: 'not_a_member' },
  ])('refuses $name', async ({ props, type }) => {
    expect((await call(props)).body['type']).toBe(`/problems/${type}`);
    expect(await queued()).toEqual([]);
  });
});
