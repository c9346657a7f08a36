import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import { putPolicy, type Retention } from '../../core/governance/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import { alertedScan } from '../support/alerted-scan.ts';
import { newExecution } from '../support/new-execution.ts';
import { startRetention } from '../support/retention-stand.ts';

let stand: Awaited<ReturnType<typeof startRetention>>;

const MONTH: Retention = { predictionDays: 30, groundTruthDays: 30, batchDays: 30, intermediateDays: 30, driftReportDays: 30 };
const DAY_MS = 24 * 60 * 60_000;
const hash = (of: string) => of.repeat(64);

const ALWAYS_KEPT = [
  'artifacts/a/model.onnx',
  'audit/segment.json',
  'datasets/d.parquet',
  'reports/evaluation.html',
  'reports/quality/q.json',
  'sources/s.tar.gz',
];

/** One of each that may go, by a name. */
const aged = (name: string, of: string) => [
  `batch-inputs/${name}`,
  `batches/version/${name}-csv-1/predictions.parquet`,
  `executions-data/${hash(of)}/train/rows.parquet`,
  `predictions/flights/2001/04/01/13/${name}.parquet`,
  `quarantine/${hash(of)}.parquet`,
  `reports/drift/${name}.html`,
  `runs/${name}/output/model.tar.gz`,
];
/** Written once more when it was old: the version that is young stays. */
const AGAIN = 'runs/again/output/model.tar.gz';
const documents = (name: string) =>
  ['calls', 'labels', 'predictions', 'prediction_files', 'reports'].map((collection) => `${collection}:${name}`);

async function fill({ tenant }: Context, name: string, of: string, at: Date): Promise<void> {
  await stand.put(tenant, ...aged(name, of), AGAIN);
  await stand.documents(tenant, name, at);
  await stand.reports.putOnce(tenant, name, { scan: name } as never);
}

const left = (name: string, of: string) => [...ALWAYS_KEPT, ...aged(name, of), AGAIN, ...documents(name)].sort();

/** Tenants who have old and young of everything, by the boundary: each test takes one. */
const tenants: Context[] = [];
let boundary: Date;

beforeAll(async () => {
  stand = await startRetention();
  tenants.push(...(await Promise.all(Array.from({ length: 11 }, () => stand.newTenant()))));
  for (const { tenant } of tenants) await stand.put(tenant, ...ALWAYS_KEPT);
  await Promise.all(tenants.map((ctx) => fill(ctx, 'old', 'a', new Date(Date.now() - 60_000))));
  boundary = await stand.boundary();
  await Promise.all(tenants.map((ctx) => fill(ctx, 'young', 'b', new Date())));
});
beforeEach(() => stand.newTable());
afterAll(() => stand?.stop());

function filled(): Context {
  const ctx = tenants.pop();
  if (!ctx) throw new Error('fill one more');
  return ctx;
}

const write = <T>(ctx: Context, work: (tx: ControlTx) => Promise<T>) => stand.plane.write(ctx, {}, work);

describe('a retention of 30 days', () => {
  it('takes what is older, wherever it lies, and tells how much by which policy; what is younger, always kept or another’s stays', async () => {
    const [ctx, other] = [filled(), filled()];
    const before = await stand.there(other.tenant);
    expect(await stand.policy(ctx, { batchDays: 30 })).toBe(1);
    const version = await stand.policy(ctx, MONTH);
    const everything = await stand.there(ctx.tenant);
    expect(everything).toHaveLength(ALWAYS_KEPT.length + 2 * 13);

    await stand.run(boundary, 29.9);
    expect(await stand.there(ctx.tenant)).toEqual(everything);
    expect(await stand.run(boundary, 30.9)).toEqual({ looked: 1, failed: 0 });
    // As old by then as what is left.
    expect(await stand.there(ctx.tenant)).toEqual([...ALWAYS_KEPT].sort());
    expect(await stand.there(other.tenant)).toEqual(before);
    const told = await stand.audit(ctx.tenant);
    expect(told).toMatchObject([{ principal: 'system:retention', data: { policyVersion: version } }]);
  });

  it('leaves what is younger, and does nothing more when it is repeated, at once and when it is due again', async () => {
    const ctx = filled();
    const version = await stand.policy(ctx, MONTH);
    expect(await stand.run(boundary, 30)).toEqual({ looked: 1, failed: 0 });
    expect(await stand.there(ctx.tenant)).toEqual(left('young', 'b'));
    const [told, ...more] = await stand.audit(ctx.tenant);
    expect(more).toEqual([]);
    const before = boundary.toISOString();
    const asOf = new Date(boundary.getTime() + 30 * DAY_MS).toISOString();
    const gone = (setting: string, objects: number, docs: number) =>
      expect.objectContaining({ setting, days: 30, before, objects, documents: docs, bytes: objects ? expect.any(Number) : 0 });
    expect(told?.data).toEqual({
      policyVersion: version,
      asOf,
      removed: [
        gone('predictionDays', 1, 3),
        gone('groundTruthDays', 0, 1),
        gone('batchDays', 2, 0),
        gone('intermediateDays', 4, 0),
        gone('driftReportDays', 1, 0),
      ],
    });
    expect(await stand.run(boundary, 30)).toEqual({ looked: 0, failed: 0 });
    // Due when the first of what is left is, though not twice within 23 hours.
    expect(await stand.run(boundary, 30.9)).toEqual({ looked: 0, failed: 0 });
    expect(await stand.run(boundary, 31)).toEqual({ looked: 1, failed: 0 });
    expect(await stand.audit(ctx.tenant)).toHaveLength(2);
  });

  it('is carried to its end after a crash, wherever that was, and told once with all that went', async () => {
    const points = {
      tell: () => ({ tell: crash }),
      told: ({ tell }: typeof stand.stores) => ({ tell: crashAfter(tell, 1) }),
      remove: ({ objects }: typeof stand.stores) => ({ objects: { ...objects, remove: crashAfter(objects.remove, 3) } }),
      report: ({ documents: docs }: typeof stand.stores) => ({ documents: { ...docs, removeReports: crashAfter(docs.removeReports, 1) } }),
      label: ({ documents: docs }: typeof stand.stores) => ({ documents: { ...docs, removeSome: crashAfter(docs.removeSome, 2) } }),
      finish: ({ tenants }: typeof stand.stores) => ({ tenants: { ...tenants, finish: crash } }),
    };
    for (const [point, broken] of Object.entries(points)) {
      const ctx = filled();
      await stand.policy(ctx, MONTH);
      await expect(stand.run(boundary, 30, broken(stand.stores)), point).rejects.toThrow('1 of 1 tenants');
      // Whoever goes on does so as of the moment that it began as of, though it be later.
      expect(await stand.run(boundary, 30.5), point).toEqual({ looked: 1, failed: 0 });
      expect(await stand.there(ctx.tenant), point).toEqual(left('young', 'b'));
      const told = await stand.audit(ctx.tenant);
      expect(told, point).toHaveLength(1);
      const { removed } = (told[0]?.data ?? {}) as unknown as {
        readonly removed: readonly { readonly objects: number; readonly documents: number }[];
      };
      expect(
        removed.map(({ objects, documents: docs }) => objects + docs),
        point,
      ).toEqual([4, 1, 2, 4, 1]);
    }
  });

  it('breaks off when its time is over, and goes on with the next run', async () => {
    const ctx = filled();
    await stand.policy(ctx, MONTH);
    let asked = 0;
    const slow = () => boundary.getTime() + 30 * DAY_MS + (asked++ < 3 ? 0 : 9 * 60_000);
    expect(await stand.run(boundary, 30, { now: slow })).toEqual({ looked: 1, failed: 0 });
    expect((await stand.there(ctx.tenant)).length).toBeGreaterThan(left('young', 'b').length);
    expect(await stand.run(boundary, 30.1)).toEqual({ looked: 1, failed: 0 });
    expect(await stand.there(ctx.tenant)).toEqual(left('young', 'b'));
    expect(await stand.audit(ctx.tenant)).toHaveLength(1);
  });

  it('asks no database of a tenant who has nothing old, and looks again when something could be', async () => {
    const ctx = await stand.newTenant();
    await stand.policy(ctx, MONTH);
    const asleep = { inUse: { ...stand.stores.inUse, look: crash, whileNobodyBegins: crash }, policy: crash, tell: crash };
    expect(await stand.run(boundary, 1, asleep)).toEqual({ looked: 1, failed: 0 });
    expect(await stand.run(boundary, 30.9, asleep)).toEqual({ looked: 0, failed: 0 });
    expect(await stand.run(boundary, 31, asleep)).toEqual({ looked: 1, failed: 0 });
    await stand.policy(ctx, undefined);
    expect(await stand.run(boundary, 99, asleep)).toEqual({ looked: 0, failed: 0 });
  });

  it('is not enforced by a policy that was replaced, nor within an hour of its coming', async () => {
    const ctx = filled();
    const everything = await stand.there(ctx.tenant);
    await stand.policy(ctx, MONTH);
    expect(await stand.run(new Date(), 0)).toEqual({ looked: 0, failed: 0 });
    // Whose event is late.
    const rules = { approvals: [], gates: [], retention: { ...MONTH, batchDays: 31 } };
    await write(ctx, (tx) => putPolicy(tx, ctx, { rules, comment: 'a slip' }));
    await stand.run(boundary, 30);
    expect(await stand.there(ctx.tenant)).toEqual(everything);
    await stand.run(boundary, 30.1);
    expect(await stand.there(ctx.tenant)).toEqual(expect.arrayContaining(aged('old', 'a').slice(0, 2)));
    expect(await stand.audit(ctx.tenant)).toMatchObject([{ data: { policyVersion: 2 } }]);
  });
});

describe('who removes', () => {
  it.each([
    ['another’s', (_: string, other: string) => `tenants/${other}/predictions/flights/2001/04/01/13/old.parquet`],
    ['what is always kept', (own: string) => `tenants/${own}/artifacts/a/model.onnx`],
    ['a report on an evaluation', (own: string) => `tenants/${own}/reports/evaluation.html`],
    ['a tenant’s whose id begins alike', (own: string) => `tenants/${own}0/predictions/a`],
  ])('never removes %s, whoever asks', async (_, keyOf) => {
    const { tenant } = await stand.newTenant();
    const version = { key: keyOf(tenant, 'other'), id: 'v', bytes: 1, storedAt: new Date(0) };
    await expect(stand.stores.objects.remove(tenant, [version])).rejects.toThrow('nothing that may be removed');
  });
});

async function crash(): Promise<never> {
  throw new Error('crashed');
}

/** It did its work so many times; the last answer got lost. */
function crashAfter<Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>, times: number) {
  let left = times;
  return async (...args: Args): Promise<T> => {
    const done = await work(...args);
    left -= 1;
    return left === 0 ? crash() : done;
  };
}

describe('what is in use', () => {
  it('stays while it is: the files of open executions, batches and scans, and those of batches that ended within the days', async () => {
    const ctx = await stand.newTenant();
    const { tenant } = ctx;
    const [open, ended] = [hash('c'), hash('d')];
    const begin = (execution: string, inputHash: string) =>
      write(ctx, (tx) => tx.steps.begin({ execution, step: 'split', inputHash }, ctx.now));
    const [running, done] = await write(ctx, async (tx) => [await newExecution(tx, ctx), await newExecution(tx, ctx)]);
    for (const [execution, inputHash] of [
      [running, open],
      [done, ended],
    ] as const) {
      const { attempt } = await begin(execution, inputHash);
      await write(ctx, (tx) => tx.steps.succeed({ execution, step: 'split', attempt, inputHash, output: { of: inputHash } }, ctx.now));
    }
    await write(ctx, async (tx) => tx.executions.change(done, { status: 'failed' }, ctx.now));
    const scan = await write(ctx, async (tx) => {
      const { monitorId } = await alertedScan(tx, ctx, { model: 'flights' });
      const window = { from: new Date('2001-04-01T13:00:00Z'), to: new Date('2001-04-01T14:00:00Z') };
      return (await tx.scans.begin({ monitorId, window, asOf: window.to }, ctx.now))?.id ?? '';
    });
    const held = [
      `executions-data/${open}/test/rows.parquet`,
      `quarantine/${open}.parquet`,
      'predictions/flights/2001/04/01/13/a.parquet',
      `reports/drift/${scan}.html`,
    ];
    await stand.put(
      tenant,
      ...held,
      `executions-data/${ended}/test/rows.parquet`,
      'predictions/flights/2001/04/01/14/a.parquet',
      'predictions/other/2001/04/01/13/a.parquet',
    );
    await stand.documents(tenant, 'labelled', new Date());
    const now = await stand.boundary();
    await stand.policy(ctx, MONTH);
    await stand.run(now, 30);
    expect(await stand.there(tenant)).toEqual([...held, 'labels:labelled'].sort());
    // What went is handed to nobody; what stays may be.
    const next = await write(ctx, (tx) => newExecution(tx, ctx));
    expect((await begin(next, ended)).recorded).toBeUndefined();

    await write(ctx, (tx) => tx.scans.fail(scan, { code: 'defect' } as never, ctx.now));
    await write(ctx, async (tx) => tx.executions.change(running, { status: 'failed' }, ctx.now));
    await stand.run(now, 30.05);
    expect(await stand.there(tenant)).toEqual([]);
  });
});
