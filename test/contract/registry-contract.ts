import { describe, expect, it } from 'vitest';
import { rolloutPlan } from '#core/rollout/index.ts';
import { BARE_VERSION } from '../support/bare-version.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

/** What every store of `Models`, `ModelVersions`, `Aliases` and `Deployments` must do. */
export function registryContract(open: () => Promise<Transactions>) {
  describe('the model registry', () => {
    async function withVersions(count: number) {
      const store = await open();
      const add = () =>
        store.write(async (tx) => tx.modelVersions.add((await tx.models.lock('flights', 'ada')).id, BARE_VERSION, 'ada', store.ctx.now));
      const versions = await Promise.all(Array.from({ length: count }, add));
      return { store, versions, modelId: versions[0]?.modelId ?? '' };
    }

    it('makes a model once and numbers its versions in turn while writers race', async () => {
      const { store, versions } = await withVersions(6);
      expect(new Set(versions.map(({ modelId }) => modelId)).size).toBe(1);
      expect(versions.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5, 6]);
      const { model, page } = await store.read(async (tx) => ({
        model: await tx.models.find('flights'),
        page: await tx.modelVersions.list('flights', { limit: 2, before: 5 }),
      }));
      expect(model).toMatchObject({ latestVersion: 6, liveVersion: null });
      expect(page.map(({ number }) => number)).toEqual([4, 3]);
    });

    it('lets exactly one of racing moves win', async () => {
      const { store, versions } = await withVersions(1);
      const [at] = versions;
      if (!at) throw new Error('no version');
      const move = (stage: 'staging' | 'production') => store.write((tx) => tx.modelVersions.move(at, { stage }, store.ctx.now));
      const outcomes = await Promise.allSettled([move('staging'), move('production'), move('staging')]);
      const [winner, ...others] = fulfilled(outcomes);
      expect(others).toEqual([]);
      expect(refusals(outcomes)).toEqual(['moved_meanwhile', 'moved_meanwhile']);
      expect(winner?.revision).toBe(at.revision + 1);
      const { stage, revision } = winner ?? {};
      expect(await store.read((tx) => tx.modelVersions.findById(at.id))).toMatchObject({ stage, revision });
    });

    it('counts every move of an alias, also when two make it at once', async () => {
      const { store, modelId } = await withVersions(2);
      const put = (number: number) => store.write((tx) => tx.aliases.put(modelId, 'champion', number, 'ada', store.ctx.now));
      const moved = await Promise.all([put(1), put(2), put(1)]);
      expect(moved.map(({ revision }) => revision).sort()).toEqual([1, 2, 3]);
      const last = moved.find(({ revision }) => revision === 3);
      expect(await store.read((tx) => tx.models.find('flights'))).toMatchObject({ aliases: { champion: last?.number } });
    });

    it('holds an alias for the one who locked it', async () => {
      const { store, modelId } = await withVersions(1);
      await store.write((tx) => tx.aliases.put(modelId, 'champion', 1, 'ada', store.ctx.now));
      const moveFrom = () =>
        store.write(async (tx) => {
          const before = await tx.aliases.lock(modelId, 'champion');
          await tx.aliases.put(modelId, 'champion', 1, 'ada', store.ctx.now);
          return before?.revision;
        });
      expect((await Promise.all([moveFrom(), moveFrom(), moveFrom()])).sort()).toEqual([1, 2, 3]);
    });

    it('gives each of racing deployments its own revision, and one of them the name', async () => {
      const { store, modelId, versions } = await withVersions(1);
      const { ctx } = store;
      const versionId = versions[0]?.id ?? '';
      const ids = { modelId, versionId, baselineVersionId: null, executionId: null };
      const rollout = { ...ids, alias: 'champion', plan: rolloutPlan('canary'), policyVersion: 0 };
      const { id: rolloutId } = await store.write((tx) => tx.rollouts.add(rollout, 'ada', ctx.now));
      const order = (rolloutStep: number) =>
        store.write(async (tx) => {
          await tx.models.lock('flights', 'ada');
          const shares = { modelId, modelVersionId: versionId, rolloutId, rolloutStep, arms: [], unserved: 0.5 };
          return tx.deployments.add(shares, 'ada', ctx.now);
        });
      const ordered = await Promise.all([order(0), order(1), order(2)]);
      expect(ordered.map(({ revision }) => revision).sort()).toEqual([1, 2, 3]);
      expect(new Set(ordered.map(({ status }) => status))).toEqual(new Set(['deploying']));
      expect(await store.read((tx) => tx.deployments.live(modelId))).toBeUndefined();
      const replace = ({ id }: { readonly id: string }) =>
        store.write(async (tx) => {
          await tx.models.lock('flights', 'ada');
          const before = await tx.deployments.live(modelId);
          if (before) await tx.deployments.move(before.id, 'retired', ctx.now);
          await tx.deployments.move(id, 'live', ctx.now);
        });
      await Promise.all(ordered.map(replace));
      const seen = await store.read((tx) => tx.deployments.ofRollout(rolloutId));
      expect(seen.map(({ revision, unserved }) => [revision, unserved])).toEqual([1, 2, 3].map((revision) => [revision, 0.5]));
      expect(seen.map(({ status }) => status).sort()).toEqual(['live', 'retired', 'retired']);
      expect(await store.read((tx) => tx.deployments.live(modelId))).toEqual(seen.find(({ status }) => status === 'live'));
      await expect(order(0)).rejects.toMatchObject({ code: '23505' });
    });

    it('shows nothing of it to another tenant', async () => {
      const [{ versions }, other] = [await withVersions(1), await open()];
      const found = await other.read(async (tx) => ({
        model: await tx.models.find('flights'),
        version: await tx.modelVersions.find('flights', 1),
        byId: await tx.modelVersions.findById(versions[0]?.id ?? ''),
        all: await tx.models.list({ limit: 9 }),
      }));
      expect(found).toEqual({ model: undefined, version: undefined, byId: undefined, all: [] });
    });
  });
}
