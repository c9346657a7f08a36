import { randomUUID } from 'node:crypto';
import { putMember } from '../../core/governance/index.ts';
import { setMonitorState } from '../../core/monitoring/index.ts';
import { pauseRollout } from '../../core/rollout/index.ts';
import type { ApiStand } from '../support/api-stand.ts';
import { requestOf } from '../support/route-requests.ts';
import type { Names, TenantWorld } from '../support/tenant-names.ts';
import type { ApiRequest } from '../support/through-the-gateway.ts';

interface Readiness {
  /** What has to be so that the first call has an effect. */
  readonly before?: (stand: ApiStand, world: TenantWorld) => Promise<unknown>;
  /** Names that nothing is behind yet. */
  readonly fresh?: readonly string[];
  /** For a route under a key: what makes it another request. */
  readonly other?: object;
  /** For a route that takes If-Match: what the caller saw before the first call. */
  readonly seen?: number;
}

const name = ({ path }: Names, parameter: string) => path[parameter] ?? '';

const READY: Readonly<Record<string, Readiness>> = {
  createDatasetVersion: { fresh: ['dataset'], other: { label: 'another' } },
  startExecution: { other: { environment: 'another' } },
  decideApproval: { other: { comment: 'another' } },
  startRollout: { other: { alias: 'another' } },
  startScans: { other: { asOf: '2001-04-02T00:00:00Z' } },
  createBatch: { other: { format: 'parquet' } },
  registerWebhook: { other: { url: 'https://example.com/another' } },
  setAlias: {
    seen: 1,
    before: (stand, world) =>
      stand.plane.write(world.ctx, {}, async (tx) => {
        const live = await tx.modelVersions.find(name(world, 'model'), 1);
        if (!live) throw new Error('the model has no version');
        const { number } = await tx.modelVersions.add(live.modelId, { ...live, executionId: null }, world.ctx.principal.id, world.ctx.now);
        return tx.aliases.put(live.modelId, `fresh-${world.suffix}`, number, world.ctx.principal.id, world.ctx.now);
      }),
    fresh: ['alias'],
  },
  recordGroundTruth: { fresh: ['prediction'] },
  putMonitor: { seen: 1 },
  putPolicy: { seen: 1 },
  setModelVersionTags: { seen: 3 },
  putMember: { seen: 1 },
  removeMember: {
    seen: 2,
    before: (stand, { ctx, path }) =>
      stand.plane.write(ctx, {}, (tx) =>
        putMember(tx, ctx, { principal: path['principal'] ?? '', kind: 'user', displayName: 'Somebody', roles: ['viewer'] }),
      ),
  },
  resumeRollout: {
    before: (stand, world) => stand.plane.write(world.ctx, {}, (tx) => pauseRollout(tx, world.ctx, { rollout: name(world, 'rollout') })),
  },
  resumeMonitor: {
    before: (stand, world) => {
      const { ctx } = world;
      const at = { model: name(world, 'model'), monitor: name(world, 'monitor') };
      return stand.plane.write(ctx, {}, (tx) => setMonitorState(tx, ctx, { ...at, state: 'paused' }));
    },
  },
};

export interface ReadyRequests {
  readonly first: ApiRequest;
  /** The same key with this is another request. */
  readonly other: ApiRequest;
  /** The first one with the revision that its caller saw. */
  readonly conditional: ApiRequest | undefined;
}

/** Makes a world ready for the first call of a route, and gives that call. */
export async function readyFor(operation: string, path: string, stand: ApiStand, world: TenantWorld): Promise<ReadyRequests> {
  const { before, fresh = [], other, seen } = READY[operation] ?? {};
  await before?.(stand, world);
  const named = (parameter: string) => (parameter === 'prediction' ? randomUUID() : `fresh-${world.suffix}`);
  const names = { ...world, path: { ...world.path, ...Object.fromEntries(fresh.map((parameter) => [parameter, named(parameter)])) } };
  const first = requestOf(operation, path, names);
  return {
    first,
    other: { ...first, body: { ...first.body, ...other } },
    conditional: seen === undefined ? undefined : { ...first, headers: { 'if-match': `"${seen}"` } },
  };
}
