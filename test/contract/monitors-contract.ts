import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MonitorSettings, ScanResult, ScanSummary, Window } from '#core/monitoring/index.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

const SETTINGS: MonitorSettings = {
  reference: { kind: 'training' },
  window: { hours: 24, startsAt: '2001-04-01T00:00:00Z' },
  latenessHours: 0,
  clock: 'watermark',
  schedule: 'rate(1 hour)',
  minRows: 200,
  alertOn: ['columns'],
  retraining: null,
};

const SUMMARY: ScanSummary = {
  headline: 'No drift',
  files: 1,
  columns: [],
  prediction: null,
  target: null,
  performance: [],
  decay: null,
  alerted: [],
  cause: null,
};

const day = (of: number): Window => ({ from: new Date(Date.UTC(2001, 3, of)), to: new Date(Date.UTC(2001, 3, of + 1)) });

/** What every store of `Monitors` and `Scans` must do. */
export function monitorsContract(open: () => Promise<Transactions>) {
  const add = (store: Transactions, name: string, model = 'flights') =>
    store.write(async (tx) => {
      const { id: modelId } = await tx.models.lock(model, 'ada');
      return tx.monitors.add({ modelId, name, settings: SETTINGS }, 'ada', store.ctx.now);
    });

  async function watched() {
    const store = await open();
    const monitor = await add(store, 'world');
    const begin = (window: Window, now = store.ctx.now) =>
      store.write(async (tx) => {
        await tx.monitors.lock(monitor.id);
        return tx.scans.begin({ monitorId: monitor.id, window, asOf: window.to, traceparent: 't' }, now);
      });
    const find = (id = '') => store.read((tx) => tx.scans.find(id));
    return { store, monitor, begin, find };
  }

  describe('monitors', () => {
    it('are found by name and by id as they were written, and listed by name', async () => {
      const { store, monitor } = await watched();
      expect(monitor).toMatchObject({
        model: 'flights',
        name: 'world',
        settings: SETTINGS,
        state: 'active',
        revision: 1,
        createdBy: 'ada',
      });
      const found = await store.read((tx) => Promise.all([tx.monitors.find('flights', 'world'), tx.monitors.findById(monitor.id)]));
      expect(found).toEqual([monitor, monitor]);
      const other = await add(store, 'also');
      await add(store, 'elsewhere', 'trains');
      const list = (page: { limit: number; after?: string }) => store.read((tx) => tx.monitors.list('flights', page));
      expect(await list({ limit: 9 })).toEqual([other, monitor]);
      expect(await list({ limit: 9, after: 'also' })).toEqual([monitor]);
      expect(await list({ limit: 1 })).toEqual([other]);
    });

    it('let exactly one of racing changes win', async () => {
      const { store, monitor } = await watched();
      const change = (hours: number) =>
        store.write((tx) =>
          tx.monitors.change(monitor, { settings: { ...SETTINGS, window: { ...SETTINGS.window, hours } }, state: 'paused' }, store.ctx.now),
        );
      const outcomes = await Promise.allSettled([change(1), change(2), change(3)]);
      const [winner, ...others] = fulfilled(outcomes);
      expect([others, refusals(outcomes)]).toEqual([[], ['moved_meanwhile', 'moved_meanwhile']]);
      expect(winner).toMatchObject({ revision: 2, state: 'paused' });
      expect(await store.read((tx) => tx.monitors.findById(monitor.id))).toEqual(winner);
    });
  });

  describe('scans', () => {
    const result: ScanResult = {
      modelVersionId: null,
      verdict: 'no_drift',
      rows: 5_000_000_000,
      labelled: 3,
      summary: SUMMARY,
      reportKey: 'k',
    };

    it('are one per window, also when many begin it at once', async () => {
      const { begin, find } = await watched();
      const begun = await Promise.all([begin(day(1)), begin(day(1)), begin(day(1)), begin(day(2))]);
      expect(new Set(begun.slice(0, 3).map((scan) => scan?.id)).size).toBe(1);
      expect(begun[3]?.id).not.toBe(begun[0]?.id);
      expect(await find(begun[0]?.id)).toMatchObject({
        status: 'running',
        attempts: 3,
        window: day(1),
        monitor: 'world',
        model: 'flights',
      });
    });

    it('that failed or hang are taken over; one that succeeded never begins again', async () => {
      const { store, begin, find } = await watched();
      const first = await begin(day(1));
      const id = first?.id ?? '';
      await store.write((tx) => tx.scans.fail(id, { code: 'defect', reason: 'r' }, store.ctx.now));
      expect(await find(id)).toMatchObject({ status: 'failed', failure: { code: 'defect', reason: 'r' }, endedAt: store.ctx.now });
      const later = new Date(store.ctx.now.getTime() + 1000);
      expect(await begin(day(1), later)).toMatchObject({
        id,
        status: 'running',
        attempts: 2,
        failure: null,
        endedAt: null,
        startedAt: later,
      });
      await store.write((tx) => tx.scans.succeed(id, result, later));
      expect(await begin(day(1))).toBeUndefined();
      expect(await find(id)).toMatchObject({ status: 'succeeded', ...result, modelVersion: null, attempts: 2, endedAt: later });
    });

    it('are listed newest window first, page by page, and known by their windows', async () => {
      const { store, monitor, begin } = await watched();
      for (const of of [2, 1, 3]) await begin(day(of));
      const list = (page: Parameters<Parameters<Parameters<typeof store.read>[0]>[0]['scans']['list']>[1]) =>
        store.read((tx) => tx.scans.list(monitor.id, page));
      const all = await list({ limit: 9 });
      expect(all.map(({ window }) => window)).toEqual([day(3), day(2), day(1)]);
      expect(await list({ limit: 9, before: { to: day(3).to, id: all[0]?.id ?? '' } })).toEqual(all.slice(1));
      expect(await list({ limit: 2 })).toEqual(all.slice(0, 2));
      const known = await store.read((tx) => tx.scans.windows(monitor.id, day(2).from));
      expect(known).toEqual(
        [day(2), day(3)].map((window) => ({ ...window, status: 'running', attempts: 1, run: null, startedAt: store.ctx.now })),
      );
    });

    it('that ended last are known for each monitor of a model', async () => {
      const { store, monitor, begin } = await watched();
      const other = await add(store, 'also');
      const ended = [await begin(day(1)), await begin(day(2))];
      for (const [index, scan] of ended.entries())
        await store.write((tx) => tx.scans.succeed(scan?.id ?? '', result, new Date(store.ctx.now.getTime() - index)));
      await begin(day(3));
      const failed = await store.write((tx) => tx.scans.begin({ monitorId: other.id, window: day(1), asOf: day(1).to }, store.ctx.now));
      await store.write((tx) => tx.scans.fail(failed?.id ?? '', { code: 'defect' }, store.ctx.now));
      const latest = await store.read((tx) => tx.scans.latestOfModel(monitor.modelId));
      expect(latest.map(({ id, status }) => `${status} ${id}`).sort()).toEqual([`failed ${failed?.id}`, `succeeded ${ended[0]?.id}`]);
    });

    it('and monitors of one tenant are nothing to another', async () => {
      const [{ store: theirs, monitor, begin, find }, mine] = [await watched(), await open()];
      const scan = await begin(day(1));
      const id = scan?.id ?? '';
      const seen = await mine.read((tx) =>
        Promise.all([
          tx.monitors.find('flights', 'world'),
          tx.monitors.findById(monitor.id),
          tx.scans.find(id),
          tx.scans.list(monitor.id, { limit: 9 }),
          tx.scans.windows(monitor.id, day(1).from),
          tx.scans.latestOfModel(monitor.modelId),
        ]),
      );
      expect(seen).toEqual([undefined, undefined, undefined, [], [], []]);
      await mine.write((tx) => tx.scans.fail(id, { code: 'defect' }, mine.ctx.now));
      await expect(mine.write((tx) => tx.monitors.change(monitor, { state: 'paused' }, mine.ctx.now))).rejects.toThrow();
      const intruding = { monitorId: monitor.id, window: day(2), asOf: day(2).to };
      await expect(mine.write((tx) => tx.scans.begin(intruding, mine.ctx.now))).rejects.toThrow();
      expect(await find(id)).toEqual(scan);
      expect(await theirs.read((tx) => tx.monitors.findById(monitor.id))).toEqual(monitor);
      expect(await find(randomUUID())).toBeUndefined();
    });
  });
}
