import { describe, expect, it } from 'vitest';
import type { RoutingEntry } from '#core/serving/index.ts';
import { rememberedRouting } from './remembered-routing.ts';

const arm = { versionId: 'v', version: 1, artifactKey: 'a', signatureKey: 's' };
const entry = (revision: number): RoutingEntry => ({
  tenant: 't',
  model: 'm',
  modelId: 'id',
  ...arm,
  revision,
  unserved: 0,
  arms: [{ ...arm, weight: 1 }],
});

function world() {
  const state = { now: 0, live: entry(1) as RoutingEntry | undefined, reads: 0, isDown: false };
  const source = {
    read: async () => {
      state.reads++;
      if (state.isDown) throw new Error('down');
      return state.live;
    },
  };
  const routing = rememberedRouting(source, { freshMs: 2000, staleMs: 5000, now: () => state.now });
  const revision = async () => (await routing.read('t', 'm'))?.revision;
  return { state, revision };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('rememberedRouting', () => {
  it('reads once while fresh, and once for many who ask at the same time', async () => {
    const { state, revision } = world();
    expect(await Promise.all([revision(), revision(), revision()])).toEqual([1, 1, 1]);
    state.now = 2000;
    expect(await revision()).toBe(1);
    expect(state.reads).toBe(1);
  });

  it('answers with the old entry while it reads the new one, and waits when the old one is too old', async () => {
    const { state, revision } = world();
    await revision();
    state.live = entry(2);
    state.now = 3000;
    expect(await revision()).toBe(1);
    await settled();
    expect(await revision()).toBe(2);
    state.live = entry(3);
    state.now = 8001;
    expect(await revision()).toBe(3);
  });

  it('does not remember that nothing is live', async () => {
    const { state, revision } = world();
    state.live = undefined;
    expect(await revision()).toBeUndefined();
    state.live = entry(1);
    expect(await revision()).toBe(1);
    state.live = undefined;
    state.now = 6000;
    expect(await revision()).toBeUndefined();
  });

  it('bears a short outage and tells of a long one', async () => {
    const { state, revision } = world();
    await revision();
    state.isDown = true;
    state.now = 4000;
    expect(await revision()).toBe(1);
    await settled();
    state.now = 5001;
    await expect(revision()).rejects.toThrow('down');
    state.isDown = false;
    expect(await revision()).toBe(1);
  });
});
