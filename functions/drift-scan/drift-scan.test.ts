import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driftReport } from '#core/drift/index.ts';
import type { MonitorSettings } from '#core/monitoring/index.ts';
import { causeOf } from '#core/retraining/index.ts';
import { flightsAt, scanStand, type WatchedModel } from '../../test/support/scan-stand.ts';

let stand: Awaited<ReturnType<typeof scanStand>>;

beforeAll(async () => {
  stand = await scanStand();
});
afterAll(() => stand?.stop());

const FIRST = '2001-04-01T08:30:00.000Z';
const SECOND = '2001-04-02T08:30:00.000Z';
/** Its hour closes the first window and belongs to the second. */
const CLOSING = flightsAt('2001-04-02T00:10:00.000Z', 1);
const RETRAINING = { pipeline: 'flights', cooldownHours: 24, budget: { executions: 1, days: 7 } };

const typesOf = (messages: readonly { readonly type: string }[]) => messages.map(({ type }) => type);

describe('a drift scan', () => {
  it('finds nothing where nothing moved, and tells nobody but of itself', async () => {
    const model = await stand.watchedModel({ retraining: RETRAINING });
    await model.log([...flightsAt(FIRST, 400), ...CLOSING]);
    const [scan = '', ...more] = await model.run();
    expect(more).toEqual([]);
    expect(await model.find(scan)).toMatchObject({
      status: 'succeeded',
      verdict: 'no_drift',
      modelVersion: 1,
      rows: 400,
      labelled: 0,
      window: { from: new Date('2001-04-01T00:00:00Z'), to: new Date('2001-04-02T00:00:00Z') },
      asOf: new Date('2001-04-02T00:00:00Z'),
      summary: { columns: [{ column: 'distance', verdict: 'no_drift' }], alerted: [], cause: null },
    });
    expect(typesOf(await model.messages())).toEqual(['monitor.scan.completed.v1']);
    expect(await model.page(scan)).toMatch(/^<!doctype html>/);
    expect(model.metrics).toEqual(['ScanSeconds flights', 'DriftedColumns flights']);
  });

  it('that finds drift says so once, with a retraining ordered, however often it is run', async () => {
    const model = await stand.watchedModel({ retraining: RETRAINING, alertOn: ['columns'] });
    await model.log([...flightsAt(FIRST, 400, 300), ...CLOSING]);
    const [scan = ''] = await model.run();
    const found = await model.find(scan);
    const finding = found?.summary?.columns[0];
    expect(found).toMatchObject({ verdict: 'drift', summary: { alerted: ['distance'], cause: causeOf(model.monitor, ['distance']) } });
    expect(finding).toMatchObject({ column: 'distance', verdict: 'drift', effect: { name: 'wasserstein_per_sigma' } });
    expect(finding).not.toHaveProperty('bars');
    const report = await model.report(scan);
    expect(report).toMatchObject({ scan, rows: 400, verdict: 'drift', judgement: { columns: [{ bars: expect.any(Array) }] } });

    const told = await model.messages();
    expect(told).toMatchObject([
      { type: 'monitor.scan.completed.v1', destination: 'bus', data: { verdict: 'drift', model: 'flights', monitor: 'world', version: 1 } },
      {
        type: 'monitor.drift.detected.v1',
        destination: 'bus',
        data: { scan, cause: causeOf(model.monitor, ['distance']), what: ['distance'], sentences: [finding?.sentence] },
      },
      {
        destination: 'execution',
        data: { stateMachine: 'retraining', name: scan, input: { tenant: model.ctx.tenant, scan }, resumes: true },
      },
    ]);

    expect(found?.summary?.files).toBe(1);
    // Late rows of the window, every step again, and the whole run again.
    await model.log(flightsAt(FIRST, 400, 0, 'late'));
    for (const step of ['scan', 'record', 'scan', 'record']) await model.step(step, scan);
    await model.step('record-failure', scan, { error: 'Error', cause: '' });
    expect(await model.run()).toEqual([]);
    expect(await model.run({ window: { from: '2001-04-01T00:00:00Z', to: '2001-04-02T00:00:00Z' } })).toEqual([]);
    expect(await model.find(scan)).toEqual(found);
    expect(await model.report(scan)).toEqual(report);
    expect(await model.messages()).toEqual(told);
    expect(await model.list()).toHaveLength(1);
  });

  it('joins labels: the share of positives and the performance over time', async () => {
    const model = await stand.watchedModel();
    const flights = flightsAt(FIRST, 400);
    await model.log([...flights, ...CLOSING]);
    await model.label(Object.fromEntries(flights.slice(0, 300).map(({ id = '', score = 0 }) => [id, score > 0.3])));
    const [scan = ''] = await model.run();
    const found = await model.find(scan);
    expect(found).toMatchObject({ verdict: 'drift', rows: 400, labelled: 300 });
    expect(found?.summary).toMatchObject({
      target: { verdict: 'drift' },
      performance: [{ day: '2001-04-01', rows: 400, labelled: 300, auc: 1 }],
    });
    expect(found?.summary?.alerted).toContain('target');
  });

  it('that finds drift which the monitor does not alert on says so, and tells nobody', async () => {
    const model = await stand.watchedModel({ alertOn: ['columns'], retraining: RETRAINING });
    const flights = flightsAt(FIRST, 400);
    await model.log([...flights, ...CLOSING]);
    await model.label(Object.fromEntries(flights.map(({ id = '' }) => [id, true])));
    const [scan = ''] = await model.run();
    const headline = expect.stringMatching(/^Drift without an alert: .*target/);
    expect(await model.find(scan)).toMatchObject({ verdict: 'drift', summary: { alerted: [], cause: null, headline } });
    expect(await model.page(scan)).toContain('Drift without an alert');
    expect(await model.messages()).toMatchObject([{ type: 'monitor.scan.completed.v1', data: { verdict: 'drift', headline } }]);
  });

  it('run by two machines at once leaves one report, told once', async () => {
    const model = await stand.watchedModel({ retraining: RETRAINING, alertOn: ['columns'] });
    await model.log([...flightsAt(FIRST, 400, 300), ...CLOSING]);
    const [[scan = ''], ...others] = await Promise.all([model.run(), model.run(), model.run()]);
    expect(others).toEqual([[scan], [scan]]);
    expect(await model.list()).toMatchObject([{ id: scan, status: 'succeeded', attempts: 3 }]);
    expect(typesOf(await model.messages())).toEqual(['monitor.scan.completed.v1', 'monitor.drift.detected.v1', 'retraining.ordered.v1']);
    const report = await model.report(scan);
    expect(report && driftReport(report.judgement, report)).toBe(await model.page(scan));
  });

  it('judges the same traffic the same, in whatever order and portions it and its labels came', async () => {
    const flights = [...flightsAt(FIRST, 150, 120), ...flightsAt('2001-04-01T21:10:00.000Z', 150, 40)];
    const labels = flights.map(({ id = '', score = 0 }, index) => [id, (index * 7) % 10 < score * 10] as const);
    const judged = async (portions: readonly (typeof flights)[], labelled: typeof labels) => {
      const model = await stand.watchedModel();
      for (const portion of [...portions, [...CLOSING]]) await model.log(portion);
      await model.label(Object.fromEntries(labelled));
      const [scan = ''] = await model.run();
      const { verdict, rows, labelled: known, judgement } = (await model.report(scan)) ?? {};
      return { verdict, rows, known, judgement };
    };
    const expected = await judged([flights], labels);
    expect(expected).toMatchObject({ verdict: 'drift', rows: 300, known: 300, judgement: { decay: { labelled: 300 } } });
    const whole = { minLength: flights.length };
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(flights, whole),
        fc.shuffledSubarray(labels, whole),
        fc.integer({ min: 1, max: 5 }),
        async (shuffled, labelled, parts) => {
          const portions = Array.from({ length: parts }, (_, part) => shuffled.filter((_each, at) => at % parts === part));
          expect(await judged(portions, labelled)).toEqual(expected);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('is part of the trace of whoever ordered it, or of one of its own', async () => {
    const model = await stand.watchedModel();
    const trace = 'a'.repeat(32);
    const plan = (more: object) => model.step('plan', model.monitor, more);
    expect(await plan({ traceparent: `00-${trace}-${'b'.repeat(16)}-01` })).toMatchObject({
      traceparent: expect.stringContaining(`00-${trace}-`),
    });
    expect(await plan({})).toMatchObject({ traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) });
  });

  it('of too few rows is insufficient and alerts nobody, however far they moved', async () => {
    const model = await stand.watchedModel({ minRows: 401, retraining: RETRAINING });
    await model.log([...flightsAt(FIRST, 400, 5000), ...CLOSING]);
    const [scan = ''] = await model.run();
    expect(await model.find(scan)).toMatchObject({ status: 'succeeded', verdict: 'insufficient', rows: 400, summary: { alerted: [] } });
    expect(typesOf(await model.messages())).toEqual(['monitor.scan.completed.v1']);
  });

  it('of a window without a row is insufficient too', async () => {
    const model = await stand.watchedModel();
    await model.log(flightsAt(SECOND, 1));
    const [scan = ''] = await model.run();
    expect(await model.find(scan)).toMatchObject({ verdict: 'insufficient', rows: 0, modelVersion: null, summary: { columns: [] } });
    expect(await model.page(scan)).toContain('no version');
  });

  it('compares with another window of the log when told to', async () => {
    const reference = { kind: 'window', from: '2001-03-01T00:00:00Z', to: '2001-03-02T00:00:00Z' } as const;
    const model = await stand.watchedModel({ reference });
    await model.log([
      ...flightsAt('2001-03-01T23:59:00.000Z', 300, 700),
      ...flightsAt(FIRST, 400, 700),
      ...flightsAt(SECOND, 400),
      ...flightsAt('2001-04-03T00:00:00.000Z', 1),
    ]);
    await model.run();
    const [second, first] = await model.list();
    expect([first, second].map((scan) => scan?.verdict)).toEqual(['no_drift', 'drift']);
  });

  it('is insufficient when the reference window holds nothing', async () => {
    const model = await stand.watchedModel({ reference: { kind: 'window', from: '2001-03-01T00:00:00Z', to: '2001-03-02T00:00:00Z' } });
    await model.log([...flightsAt(FIRST, 400), ...CLOSING]);
    const [scan = ''] = await model.run();
    expect(await model.find(scan)).toMatchObject({ status: 'succeeded', verdict: 'insufficient', rows: 400 });
  });

  it('that fails says why, and is tried again by every run until it has failed too often', async () => {
    const model = await stand.watchedModel({}, { profiled: false });
    await model.log([...flightsAt(FIRST, 400), ...CLOSING]);
    const scheduled = { scheduledTime: '2026-01-01T00:00:00Z' };
    for (let attempt = 1; attempt <= 5; attempt += 1) expect(await model.run(scheduled)).toHaveLength(1);
    expect(await model.run(scheduled)).toEqual([]);
    const [scan = ''] = await model.run();
    const failure = { code: 'not_found', reason: expect.stringContaining('profile.json') };
    expect(await model.find(scan)).toMatchObject({ status: 'failed', attempts: 6, failure, verdict: null });
    expect(new Set(typesOf(await model.messages()))).toEqual(new Set(['monitor.scan.failed.v1']));
  });

  it('is left to the one that runs it, and taken over when a person asks', async () => {
    const model = await stand.watchedModel();
    await model.log([...flightsAt(FIRST, 400), ...CLOSING]);
    const plan = (more: object) => model.step('plan', model.monitor, more);
    const scheduled = { scheduledTime: '2026-01-01T00:00:00Z' };
    const { scans } = (await plan(scheduled)) as { scans: readonly string[] };
    expect(scans).toHaveLength(1);
    expect(await plan(scheduled)).toMatchObject({ scans: [] });
    await model.step('record-failure', scans[0] ?? '', {
      at: 'Scan',
      error: 'window_too_large',
      cause: '{"errorMessage":"too many rows"}',
    });
    expect(await model.find(scans[0] ?? '')).toMatchObject({
      status: 'failed',
      failure: { code: 'window_too_large', reason: 'too many rows' },
    });
    expect(model.metrics).toEqual(['ScansFailed flights']);
    expect(typesOf(await model.messages())).toEqual(['monitor.scan.failed.v1']);
    expect(await plan(scheduled)).toMatchObject({ scans });
    expect(await plan({})).toMatchObject({ scans });
    expect(await model.find(scans[0] ?? '')).toMatchObject({ status: 'running', attempts: 3, failure: null });
  });

  it('is not begun by the schedule of a paused monitor, but by a person', async () => {
    const model = await stand.watchedModel();
    await model.log([...flightsAt(FIRST, 400), ...CLOSING]);
    await model.pause();
    expect(await model.run({ scheduledTime: '2026-01-01T00:00:00Z' })).toEqual([]);
    expect(await model.run()).toHaveLength(1);
  });

  it('goes by the clock it is told: the log, the wall, or the caller', async () => {
    const [log, wall] = [await stand.watchedModel(), await stand.watchedModel({ clock: 'wall', latenessHours: 1 })];
    expect(await log.run()).toEqual([]);
    await Promise.all([log, wall].map((model) => model.log(flightsAt('2001-04-01T23:59:00.000Z', 1))));
    expect(await log.run()).toEqual([]);
    expect(await log.run({ asOf: '2001-04-03T00:00:00Z' })).toHaveLength(2);
    expect(await wall.run({ scheduledTime: '2001-04-02T00:59:59Z' })).toEqual([]);
    expect(await wall.run({ scheduledTime: '2001-04-02T01:00:00Z' })).toHaveLength(1);
    await log.log(flightsAt('2999-01-01T00:00:00.000Z', 1));
    expect(await log.run()).toEqual([]);
  });

  it('of one tenant sees nothing of another', async () => {
    const [mine, theirs] = [await stand.watchedModel(), await stand.watchedModel()];
    await Promise.all([mine.log([...flightsAt(FIRST, 400), ...CLOSING]), theirs.log([...flightsAt(FIRST, 400, 300), ...CLOSING])]);
    const [[first = ''], [second = '']] = await Promise.all([mine.run(), theirs.run()]);
    expect([(await mine.find(first))?.verdict, (await theirs.find(second))?.verdict]).toEqual(['no_drift', 'drift']);
    expect([await mine.find(second), await mine.report(second), await mine.page(second)]).toEqual([undefined, undefined, undefined]);
    await expect(mine.step('scan', second)).rejects.toMatchObject({ name: 'not_found' });
    await expect(mine.step('record', second)).rejects.toThrow();
    await expect(mine.step('record-failure', second)).rejects.toMatchObject({ name: 'not_found' });
    await expect(mine.step('plan', first, { monitor: theirs.monitor })).rejects.toMatchObject({ name: 'not_found' });
    expect((await theirs.find(second))?.attempts).toBe(1);
  });

  describe('is expected again by the schedule that started it', () => {
    const EVERY = { expression: 'rate(1 hour)', timezone: 'UTC' };
    const scheduledTime = '2026-01-01T05:00:00Z';
    const dueAt = async (model: WatchedModel) => {
      for await (const page of stand.dueRuns.overdue(new Date('2100-01-01')))
        for (const one of page) if (one.schedule === model.monitor) return one.dueAt.toISOString();
      return undefined;
    };
    const expected = async (settings: Partial<MonitorSettings> = {}) => {
      const model = await stand.watchedModel({ schedule: EVERY.expression, ...settings });
      await stand.dueRuns.expect({ schedule: model.monitor, tenant: model.ctx.tenant, ...EVERY }, new Date(scheduledTime));
      return model;
    };

    it.each(['watermark', 'wall'] as const)('where nothing was due too, by a clock on the %s', async (clock) => {
      const model = await expected({ clock, window: { hours: 24, startsAt: '2026-01-01T00:00:00Z' } });
      expect(await model.run({ scheduledTime })).toEqual([]);
      expect(await dueAt(model)).toBe('2026-01-01T06:00:00.000Z');
      await model.run({ scheduledTime: '2026-01-01T04:00:00Z' });
      expect(await dueAt(model)).toBe('2026-01-01T06:00:00.000Z');
    });

    it('and not where a person asked, where the schedule is another now, or is gone', async () => {
      const [asked, changed] = [await expected(), await expected({ schedule: 'rate(2 hours)' })];
      await asked.run();
      await changed.run({ scheduledTime });
      expect(await Promise.all([asked, changed].map(dueAt))).toEqual(['2026-01-01T05:00:00.000Z', '2026-01-01T05:00:00.000Z']);
      await stand.dueRuns.forget(asked.monitor);
      await asked.run({ scheduledTime });
      expect(await dueAt(asked)).toBeUndefined();
    });

    it('and not beyond what the clock on the wall says', async () => {
      const model = await expected();
      await model.run({ scheduledTime: '2099-01-01T00:00:00Z' });
      expect(Date.parse((await dueAt(model)) ?? '')).toBeLessThan(Date.now() + 3_600_001);
    });
  });
});
