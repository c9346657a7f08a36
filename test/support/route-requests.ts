import { putMember } from '../../core/governance/index.ts';
import type { ApiStand } from './api-stand.ts';
import { pipelineText } from './pipeline-text.ts';
import { seedWebhook } from './seed-operations.ts';
import type { Names, TenantWorld } from './tenant-names.ts';
import type { ApiRequest } from './through-the-gateway.ts';

/** What a request of one route needs beyond its path. */
interface RequestMaker {
  /** @param path what the request's path says */
  readonly body?: (names: Names, path: Names['path']) => object;
  readonly query?: (names: Names) => Readonly<Record<string, string>>;
  /** What the path says instead of the usual. */
  readonly path?: (names: Names) => Readonly<Record<string, string>>;
  /** Puts back what the route takes away, so that it has something to do each time. */
  readonly before?: (stand: ApiStand, world: TenantWorld, names: Names) => Promise<unknown>;
}

const FEATURES = { distance: 1000, delay: 4, origin: 'SFO', weekend: true, date: '2001-04-01 10:00' };

const name = (names: Names, parameter: string) => names.path[parameter] ?? '';

/** Every route that takes more than its path or leaves something undone. A route that is missing here is asked by its path alone, and must be content with it. */
const MAKERS: Readonly<Record<string, RequestMaker>> = {
  createUpload: { body: ({ upload }) => ({ kind: 'dataset', sha256: upload.dataset, bytes: 10 }) },
  createDatasetVersion: { body: ({ upload }) => ({ sha256: upload.dataset, format: 'parquet' }) },
  putPipeline: {
    body: (names, path) => ({
      source: pipelineText({ pipeline: path['pipeline'] ?? '', dataset: name(names, 'dataset'), model: name(names, 'model'), says: 'said' })
        .text,
    }),
  },
  startExecution: { body: () => ({}) },
  listExecutions: { query: (names) => ({ pipeline: name(names, 'pipeline') }) },
  decideApproval: { body: () => ({ decision: 'approved', comment: 'fine' }) },
  putPolicy: { body: () => ({ rules: { approvals: [{ models: 'nothing-*', longestHours: 24 }], gates: [] }, comment: 'For nothing.' }) },
  setAlias: { body: () => ({ version: 1 }) },
  setModelTags: { body: () => ({ tags: { one: 'two' } }) },
  setModelVersionTags: { body: () => ({ tags: { one: 'two' } }) },
  putMember: { body: () => ({ kind: 'user', displayName: 'Somebody', roles: ['viewer'] }) },
  removeMember: {
    before: (stand, { ctx }, names) => {
      const member = { principal: name(names, 'principal'), kind: 'user', displayName: 'Somebody', roles: ['viewer'] } as const;
      return stand.plane.write(ctx, {}, (tx) => putMember(tx, ctx, member));
    },
  },
  startRollout: { path: ({ spare }) => ({ model: spare }), body: () => ({ version: 1 }) },
  pauseRollout: { body: () => ({}) },
  resumeRollout: { body: () => ({}) },
  abortRollout: { body: () => ({}) },
  putMonitor: {
    body: (names) => ({
      reference: { kind: 'training' },
      window: { hours: 1, startsAt: '2001-04-01T00:00:00Z' },
      retraining: { pipeline: name(names, 'pipeline'), cooldownHours: 24, budget: { executions: 2, days: 7 } },
    }),
  },
  startScans: { body: () => ({}) },
  createBatch: { body: ({ upload }) => ({ sha256: upload.batch, format: 'csv' }) },
  registerWebhook: { body: () => ({ url: 'https://example.com/hook', eventTypes: ['*'] }) },
  removeWebhook: {
    before: (stand, { ctx, secret }, names) =>
      stand.plane.write(ctx, {}, async (tx) => {
        await tx.webhooks.remove(name(names, 'webhook'));
        await seedWebhook(tx, ctx, name(names, 'webhook'), secret);
      }),
  },
  createPredictions: { body: (names) => ({ rows: [{ id: name(names, 'prediction'), features: FEATURES }] }) },
  recordGroundTruth: { body: (names) => ({ labels: [{ predictionId: name(names, 'prediction'), value: true }] }) },
};

/** The path parameters of a route, in their order. */
export function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter ?? '');
}

/** A request of a route, naming in its path and in the rest what these names say. @throws for a path parameter that nobody knows to fill */
export function requestOf(
  operation: string,
  path: string,
  names: Names,
  of: { readonly path?: Names; readonly rest?: Names } = {},
): ApiRequest {
  const { body, query, path: instead } = MAKERS[operation] ?? {};
  const named = of.path ?? names;
  const all = { ...named.path, ...instead?.(named) };
  const filled = Object.fromEntries(
    parametersOf(path).map((parameter) => {
      const value = all[parameter];
      if (value === undefined)
        throw new Error(`${operation}: give test/support/tenant-world.ts a name for the path parameter ${parameter}.`);
      return [parameter, value];
    }),
  );
  const rest = of.rest ?? names;
  return { path: filled, ...(query ? { query: query(rest) } : {}), ...(body ? { body: body(rest, filled) } : {}) };
}

/** Makes the world ready for one more call of the route with these names of its own. */
export async function prepare(operation: string, stand: ApiStand, world: TenantWorld, names: Names = world): Promise<void> {
  await MAKERS[operation]?.before?.(stand, world, names);
}
