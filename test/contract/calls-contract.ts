import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CallRecord, Calls } from '#core/serving/index.ts';

/** What every store of `Calls` must do. */
export function callsContract(open: () => Promise<Calls>) {
  describe('calls', () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 3, 1, 12, minute));
    const call = (id: string, minute: number, changes: Partial<CallRecord> = {}): CallRecord => ({
      id,
      model: 'flights',
      modelId: 'm',
      versionId: 'v-1',
      version: 1,
      arm: 'v1',
      receivedAt: at(minute).toISOString(),
      rows: 3,
      durationMs: 1.25,
      outcome: 'ok',
      scores: Float32Array.of(0.1, 0.5, 0.875),
      ...changes,
    });
    const failed = { outcome: 'error', error: 'the graph is broken', scores: new Float32Array(0) } as const;

    it('count once however often and in whatever company they come, and stay as they came first', async () => {
      const [calls, tenant] = [await open(), randomUUID()];
      const [one, two] = [call('1', 1), call('2', 2, failed)];
      await Promise.all([calls.insertOnce(tenant, [one, two]), calls.insertOnce(tenant, [two, one]), calls.insertOnce(tenant, [one])]);
      await calls.insertOnce(tenant, [{ ...one, durationMs: 99 }]);
      await calls.insertOnce(tenant, []);
      expect(await calls.ofVersion(tenant, { versionId: 'v-1', from: at(0) })).toEqual([one, two]);
    });

    it('are found by version and by model, between two moments, the oldest first', async () => {
      const [calls, tenant] = [await open(), randomUUID()];
      const [a, b, c] = [call('a', 1), call('b', 2, { versionId: 'v-2', version: 2 }), call('c', 3)];
      await calls.insertOnce(tenant, [c, b, a, call('d', 2, { modelId: 'other', versionId: 'v-9' })]);
      const from = at(1);
      expect(await calls.ofModel(tenant, { modelId: 'm', from })).toEqual([a, b, c]);
      expect(await calls.ofModel(tenant, { modelId: 'm', from, to: at(3) })).toEqual([a, b]);
      expect(await calls.ofModel(tenant, { modelId: 'm', from, limit: 2 })).toEqual([b, c]);
      expect(await calls.ofVersion(tenant, { versionId: 'v-1', from })).toEqual([a, c]);
      expect(await calls.ofVersion(tenant, { versionId: 'v-1', from: at(2), to: at(3) })).toEqual([]);
    });

    it('of one tenant are nothing to another', async () => {
      const [calls, mine, theirs] = [await open(), randomUUID(), randomUUID()];
      await calls.insertOnce(theirs, [call('1', 1)]);
      expect(await calls.ofModel(mine, { modelId: 'm', from: at(0) })).toEqual([]);
      await calls.insertOnce(mine, [call('1', 1, failed)]);
      expect(await calls.ofVersion(theirs, { versionId: 'v-1', from: at(0) })).toEqual([call('1', 1)]);
    });
  });
}
