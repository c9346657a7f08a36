import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import type { Context } from '#core/kernel/index.ts';
import { findPrediction, type LabelStatus, type PredictionRecord, recordGroundTruth } from '#core/serving/index.ts';
import { type HttpEvent, serve } from '#functions/_http/serve.ts';
import { startMongo, type TestMongo } from '../../test/support/mongo.ts';
import { asAnswer } from './as-answer.ts';
import { feedbackHandlers, feedbackRoutes } from './feedback-handlers.ts';

let mongo: TestMongo;
const database = async () => mongo.client.db(mongo.database);
const stores = { labels: mongoLabels(database), predictions: mongoPredictions(database) };
const as = (tenant: string, principal = 'airline'): Context => ({
  tenant,
  principal: { id: principal, kind: 'service', roles: ['operator'] },
  now: new Date('2026-04-02T08:00:00Z'),
  requestId: 'r',
});

const logged = (...ids: readonly string[]) => loggedAt('2026-04-01T12:00:00.000Z', ...ids);

async function loggedAt(receivedAt: string, ...ids: readonly string[]): Promise<void> {
  const rows = ids.map(
    (id): PredictionRecord => ({
      id,
      tenant: 'a',
      model: 'flights',
      modelId: 'm',
      version: 1,
      versionId: 'v',
      arm: 'v1',
      eventTime: '2001-04-01T10:00:00.000Z',
      receivedAt,
      features: { distance: 5 },
      output: { label: true, score: 0.8 },
    }),
  );
  await mongoPredictionLog(database, () => new Date()).claim('a', [{ key: 'file', tenant: 'a', types: { distance: 'integer' }, rows }]);
}

beforeAll(async () => {
  mongo = await startMongo();
});
afterAll(() => mongo.stop());

describe('ground truth', () => {
  const told = async (ctx: Context, ...labels: readonly (readonly [string, boolean])[]): Promise<readonly LabelStatus[]> =>
    (
      await recordGroundTruth(
        stores,
        ctx,
        labels.map(([predictionId, value]) => ({ predictionId, value })),
      )
    ).map(({ status }) => status);

  it('is recorded once, and every line has its own answer', async () => {
    await logged('1', '2', '3');
    expect(await told(as('a'), ['1', true], ['2', false])).toEqual(['recorded', 'recorded']);
    expect(await told(as('a'), ['1', true], ['2', true], ['3', true], ['4', true])).toEqual([
      'duplicate',
      'contradicting',
      'recorded',
      'early',
    ]);
  });

  it('keeps the first value and who said otherwise, each once', async () => {
    await told(as('a', 'second'), ['2', true]);
    await told(as('a', 'second'), ['2', true]);
    const { groundTruth } = await findPrediction(stores, as('a'), '2');
    expect(groundTruth).toMatchObject({ value: false, recordedBy: 'airline', contradictedBy: ['airline', 'second'] });
  });

  it('takes lines of one call in their order', async () => {
    await logged('5');
    expect(await told(as('a'), ['5', true], ['5', true], ['5', false])).toEqual(['recorded', 'duplicate', 'contradicting']);
  });

  it('that is early joins its prediction later', async () => {
    expect(await told(as('a'), ['6', true])).toEqual(['early']);
    await expect(findPrediction(stores, as('a'), '6')).rejects.toMatchObject({ name: 'not_found' });
    await logged('6');
    expect(asAnswer(await findPrediction(stores, as('a'), '6')).groundTruth).toMatchObject({ value: true, contradictedBy: [] });
    expect(await told(as('a'), ['6', true])).toEqual(['duplicate']);
  });

  const on = (day: string): Context => ({ ...as('a'), now: new Date(day) });

  it('that is still without a prediction after a day is said to be unknown when it comes again', async () => {
    expect(await told(on('2026-04-02T08:00:00Z'), ['lost', true], ['found', true])).toEqual(['early', 'early']);
    expect(await told(on('2026-04-03T07:59:00Z'), ['lost', true])).toEqual(['duplicate']);
    await logged('found');
    expect(await told(on('2026-04-03T08:01:00Z'), ['lost', true], ['lost', false], ['found', true])).toEqual([
      'unknown',
      'contradicting',
      'duplicate',
    ]);
  });

  it.each([
    { name: 'in time', now: '2026-05-01T12:00:00Z', observedAt: '2001-04-02T00:00:00Z', late: false },
    { name: 'more than 30 days after the prediction', now: '2026-05-01T12:00:01Z', observedAt: '2026-04-02T00:00:00Z', late: true },
    { name: 'in time, but is of later', now: '2026-04-02T12:00:00Z', observedAt: '2026-05-02T00:00:00Z', late: true },
  ])('that comes $name is told to be late or not, and kept', async ({ name, now, observedAt, late }) => {
    await logged(name);
    const label = { predictionId: name, value: true, observedAt };
    expect(await recordGroundTruth(stores, on(now), [label])).toEqual([{ predictionId: name, status: 'recorded', late }]);
    expect(await recordGroundTruth(stores, on(now), [label])).toEqual([{ predictionId: name, status: 'duplicate', late }]);
    expect((await findPrediction(stores, as('a'), name)).groundTruth).toMatchObject({ value: true });
  });

  it('is taken a thousand at a time', async () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `many-${i}`);
    await logged(...ids.slice(0, 500));
    const send = async () => (await told(as('a'), ...ids.map((id) => [id, true] as const))).join();
    expect(await send()).toBe([...Array(500).fill('recorded'), ...Array(500).fill('early')].join());
    expect(await send()).toBe(Array(1000).fill('duplicate').join());
  });

  it('keeps the moment it was observed', async () => {
    await logged('7');
    await recordGroundTruth(stores, as('a'), [{ predictionId: '7', value: true, observedAt: '2001-04-01T13:30:00.000Z' }]);
    expect((await findPrediction(stores, as('a'), '7')).groundTruth).toMatchObject({
      observedAt: '2001-04-01T13:30:00.000Z',
      receivedAt: '2026-04-02T08:00:00.000Z',
    });
  });

  it('of racing callers one is first', async () => {
    await logged('8');
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => told(as('a', `caller-${i}`), ['8', i % 2 === 0])));
    expect(answers.flat().filter((status) => status === 'recorded')).toHaveLength(1);
    expect(answers.flat().filter((status) => status === 'duplicate')).toHaveLength(5);
    expect(answers.flat().filter((status) => status === 'contradicting')).toHaveLength(6);
  });
});

describe('a prediction', () => {
  it('is found as it was given, without what only we use', async () => {
    await logged('9');
    expect(asAnswer(await findPrediction(stores, as('a'), '9'))).toEqual({
      id: '9',
      model: 'flights',
      version: 1,
      arm: 'v1',
      eventTime: '2001-04-01T10:00:00.000Z',
      receivedAt: '2026-04-01T12:00:00.000Z',
      features: { distance: 5 },
      output: { label: true, score: 0.8 },
      groundTruth: null,
    });
  });

  it('of another tenant is not found, nor can it be labelled', async () => {
    await expect(findPrediction(stores, as('b'), '9')).rejects.toMatchObject({
      failure: { code: 'not_found', what: 'prediction', id: '9' },
    });
    expect((await recordGroundTruth(stores, as('b'), [{ predictionId: '9', value: false }]))[0]?.status).toBe('early');
    expect((await findPrediction(stores, as('a'), '9')).groundTruth).toBeUndefined();
  });
});

describe('POST /v1/ground-truth', () => {
  const handler = serve(feedbackRoutes, feedbackHandlers(stores), { name: 'feedback' }) as unknown as (
    event: HttpEvent,
    context: never,
  ) => Promise<{ readonly statusCode: number; readonly body: string }>;
  const DAY_MS = 24 * 3600 * 1000;
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

  async function ask(operation: keyof typeof feedbackRoutes, given: { path?: object; body?: object; roles?: string; tenant?: string }) {
    const { method, path, response } = feedbackRoutes[operation];
    const { tenant = 'a', roles = 'operator' } = given;
    const event = {
      routeKey: `${method} ${path}`,
      rawPath: path,
      headers: {},
      pathParameters: given.path ?? {},
      body: given.body && JSON.stringify(given.body),
      requestContext: {
        requestId: randomUUID(),
        http: { method },
        authorizer: { lambda: { principal: 'airline', kind: 'service', tenant, tenantSlug: 'a', roles } },
      },
    } as unknown as HttpEvent;
    const { statusCode, body } = await handler(event, {} as never);
    const json = JSON.parse(body);
    if (statusCode < 300) response.parse(json);
    return { status: statusCode, body: json };
  }
  const send = (labels: readonly object[], more: object = {}) => ask('recordGroundTruth', { body: { labels }, ...more });

  it('has one answer for each line: in time, early, twice, contradicting, unknown, late', async () => {
    const [inTime, late, early, unknown] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await loggedAt(daysAgo(1), inTime);
    await loggedAt(daysAgo(31), late);
    const old = { predictionId: unknown, value: true, observedAt: daysAgo(2), receivedAt: daysAgo(2), recordedBy: 'x', early: true };
    await stores.labels.insertOnce('a', [old]);
    const labels = [inTime.toUpperCase(), inTime, late, early, unknown].map((predictionId) => ({ predictionId, value: true }));
    const { status, body } = await send([...labels, { predictionId: inTime, value: false }]);
    expect({ status, labels: body.labels }).toEqual({
      status: 200,
      labels: [
        { predictionId: inTime, status: 'recorded', late: false },
        { predictionId: inTime, status: 'duplicate', late: false },
        { predictionId: late, status: 'recorded', late: true },
        { predictionId: early, status: 'early', late: false },
        { predictionId: unknown, status: 'unknown', late: false },
        { predictionId: inTime, status: 'contradicting', late: false },
      ],
    });
    const again = await send(labels);
    expect(again.body.labels.map((line: { readonly status: string }) => line.status)).toEqual([
      'duplicate',
      'duplicate',
      'duplicate',
      'duplicate',
      'unknown',
    ]);
    const found = await ask('findPrediction', { path: { prediction: inTime.toUpperCase() }, roles: 'viewer' });
    expect(found.body).toMatchObject({ id: inTime, groundTruth: { value: true, contradictedBy: ['airline'] } });
  });

  it.each([
    { name: 'no lines', labels: [], path: 'labels' },
    { name: '1001 lines', labels: Array.from({ length: 1001 }, () => ({ predictionId: randomUUID(), value: true })), path: 'labels' },
    { name: 'an id that is none', labels: [{ predictionId: '7', value: true }], path: 'labels.0.predictionId' },
    { name: 'a value that is no truth', labels: [{ predictionId: randomUUID(), value: 'true' }], path: 'labels.0.value' },
    {
      name: 'a time without a zone',
      labels: [{ predictionId: randomUUID(), value: true, observedAt: '2001-04-01T10:00:00' }],
      path: 'labels.0.observedAt',
    },
    { name: 'a field nobody knows', labels: [{ predictionId: randomUUID(), value: true, score: 1 }], path: 'labels.0' },
  ])('refuses $name and says where', async ({ labels, path }) => {
    const { status, body } = await send(labels);
    expect({ status, type: body.type }).toEqual({ status: 400, type: '/problems/request_invalid' });
    expect(body.issues).toContainEqual(expect.objectContaining({ path }));
  });

  it('is for those who may write it', async () => {
    const refused = await send([{ predictionId: randomUUID(), value: true }], { roles: 'viewer' });
    expect(refused).toMatchObject({ status: 403, body: { type: '/problems/permission_missing' } });
  });
});
