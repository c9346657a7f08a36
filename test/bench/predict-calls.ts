import { readFileSync } from 'node:fs';
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

function eventOf(rowsPerCall: number): object {
  const rows = Array.from({ length: rowsPerCall }, (_, row) => ({
    id: `01900000-0000-7000-8000-${String(row).padStart(12, '0')}`,
    unit: `unit-${row}`,
    eventTime: '2001-04-01T10:20:00Z',
    features: Object.fromEntries(inputs.map((input, place) => [input.name, exampleOf(input, row, place)])),
  }));
  return {
    routeKey: 'POST /v1/models/{model}/predictions',
    rawPath: `/v1/models/${BENCH.model}/predictions`,
    headers: { 'content-type': 'application/json' },
    pathParameters: { model: BENCH.model },
    body: JSON.stringify({ rows }),
    isBase64Encoded: false,
    requestContext: {
      requestId: '01900000-0000-7000-8000-0000000000aa',
      http: { method: 'POST' },
      authorizer: { lambda: { principal: 'service-1', kind: 'service', tenant: BENCH.tenant, tenantSlug: 'bench', roles: 'operator' } },
    },
  };
}

async function call(event: object): Promise<void> {
  const answer = (await handler(event as never, {} as never)) as { readonly statusCode: number; readonly body: string };
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${answer.body.slice(0, 500)}`);
}

async function measure(rowsPerCall: number, calls: number): Promise<PredictCost> {
  const event = eventOf(rowsPerCall);
  for (let i = 0; i < calls / 4; i++) await call(event);
  const times: number[] = [];
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let i = 0; i < calls; i++) {
    const calledAt = performance.now();
    await call(event);
    times.push(performance.now() - calledAt);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const rows = calls * rowsPerCall;
  return {
    rowsPerCall,
    calls,
    rowsPerSecond: rows / seconds,
    cpuMsPerPrediction: (user + system) / 1000 / rows,
    p95Ms: times[Math.floor(calls * 0.95)] ?? Number.NaN,
  };
}

const costs = [await measure(1, 1000), await measure(256, 60)];
process.send?.(costs);
process.disconnect?.();
