import { readFileSync } from 'node:fs';
import { SQSClient } from '@aws-sdk/client-sqs';
import { sqsPredictionQueue } from '../../adapters/sqs/prediction-queue.ts';
import type { PredictionMessage } from '../../core/serving/index.ts';
import { handler } from '../../functions/predict/handler.ts';
import { BENCH, type PredictCost } from './predict.ts';

/** Runs in a process of its own: calls the handler and sends what that cost to whoever started it. */

interface Input {
  readonly name: string;
  readonly type: string;
}

const { inputs } = JSON.parse(readFileSync(new URL('../fixtures/thirty.signature.json', import.meta.url), 'utf8')) as {
  readonly inputs: readonly Input[];
};

function exampleOf({ type }: Input, row: number, place: number): unknown {
  if (type === 'category') return `word-${(row * 7 + place) % 50}`;
  if (type === 'boolean') return row % 2 === 0;
  if (type === 'datetime') return '2001-04-01T10:20:00Z';
  return type === 'integer' ? (row * 31 + place) % 1000 : ((row * 31 + place) % 977) / 7;
}

const rowsOf = (rowsPerCall: number) =>
  Array.from({ length: rowsPerCall }, (_, row) => ({
    id: `01900000-0000-7000-8000-${String(row).padStart(12, '0')}`,
    unit: `unit-${row}`,
    eventTime: '2001-04-01T10:20:00Z',
    features: Object.fromEntries(inputs.map((input, place) => [input.name, exampleOf(input, row, place)])),
  }));

function callHandler(rowsPerCall: number): () => Promise<void> {
  const event = {
    routeKey: 'POST /v1/models/{model}/predictions',
    rawPath: `/v1/models/${BENCH.model}/predictions`,
    headers: { 'content-type': 'application/json' },
    pathParameters: { model: BENCH.model },
    body: JSON.stringify({ rows: rowsOf(rowsPerCall) }),
    isBase64Encoded: false,
    requestContext: {
      requestId: '01900000-0000-7000-8000-0000000000aa',
      http: { method: 'POST' },
      authorizer: { lambda: { principal: 'service-1', kind: 'service', tenant: BENCH.tenant, tenantSlug: 'bench', roles: 'operator' } },
    },
  };
  return async () => {
    const answer = (await handler(event as never, {} as never)) as { readonly statusCode: number; readonly body: string };
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${answer.body.slice(0, 500)}`);
  };
}

/** Sending alone: what the SDK and the socket take of a call. */
function sendOnly(rowsPerCall: number): () => Promise<void> {
  const queue = sqsPredictionQueue(new SQSClient({ useQueueUrlAsEndpoint: false }), process.env['PREDICTION_QUEUE_URL'] ?? '');
  const message: PredictionMessage = {
    schema: 'sluice.predictions.v1',
    tenant: BENCH.tenant,
    model: BENCH.model,
    modelId: 'm',
    version: 1,
    versionId: 'v',
    arm: 'v1',
    receivedAt: '2001-04-01T10:20:00.000Z',
    types: {},
    predictions: rowsOf(rowsPerCall).map((row) => ({ ...row, features: row.features as never, output: { label: true, score: 0.5 } })),
  };
  return () => queue.send(message);
}

interface Measured {
  readonly seconds: number;
  readonly cpuMs: number;
  readonly p95Ms: number;
}

async function measure(work: () => Promise<void>, times: number): Promise<Measured> {
  for (let i = 0; i < times / 4; i++) await work();
  const took: number[] = [];
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let i = 0; i < times; i++) {
    const calledAt = performance.now();
    await work();
    took.push(performance.now() - calledAt);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  took.sort((a, b) => a - b);
  return { seconds, cpuMs: (user + system) / 1000 / times, p95Ms: took[Math.floor(times * 0.95)] ?? Number.NaN };
}

async function costOf(rowsPerCall: number, calls: number): Promise<PredictCost> {
  const { seconds, cpuMs, p95Ms } = await measure(callHandler(rowsPerCall), calls);
  const sending = await measure(sendOnly(rowsPerCall), calls);
  return {
    rowsPerCall,
    calls,
    rowsPerSecond: (calls * rowsPerCall) / seconds,
    cpuMsPerPrediction: cpuMs / rowsPerCall,
    sendingCpuMsPerPrediction: sending.cpuMs / rowsPerCall,
    p95Ms,
  };
}

const costs = [await costOf(1, 1000), await costOf(256, 60)];
process.send?.(costs);
process.disconnect?.();
