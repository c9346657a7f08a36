import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROUTES } from '../../api/routes.ts';
import { ROLES } from '../../core/kernel/index.ts';
import { type ApiStand, startApi } from '../support/api-stand.ts';
import { keepFigures } from '../support/figures.ts';
import { parametersOf, requestOf } from '../support/route-requests.ts';
import { type Names, nowhereBeside, type TenantWorld } from '../support/tenant-names.ts';
import { seedTenant } from '../support/tenant-world.ts';
import { callerOf } from './callers.ts';

let stand: ApiStand;
let ours: TenantWorld;
let theirs: TenantWorld;
let nowhere: Names;
let token: string;

beforeAll(async () => {
  stand = await startApi();
  [ours, theirs] = [await seedTenant(stand), await seedTenant(stand)];
  nowhere = nowhereBeside(theirs.suffix);
  ({ token } = await callerOf(stand, ours, 'all', ROLES, 'user'));
});
afterAll(() => stand.stop());

const PAIRS = 30;
const ROUNDS = 6;
/** What a difference must pass in every round before it counts: a share of the call's own time, and a floor below which the clock is noise. */
const TOLERANCE = { share: 0.25, ms: 0.5 };

const median = (values: readonly number[]): number => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** The median of the differences between neighbours in time, so that what slows both slows none; and the median time. */
async function round(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<{ readonly difference: number; readonly took: number }> {
  const differences: number[] = [];
  const times: number[] = [];
  const timed = async (call: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await call();
    return performance.now() - startedAt;
  };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    // By turns first, because the second of two finds warm what the first made warm.
    const [a, b] =
      pair % 2 === 0 ? [await timed(one), await timed(other)] : (await Promise.resolve([await timed(other), await timed(one)])).reverse();
    differences.push((a ?? 0) - (b ?? 0));
    times.push(b ?? 0);
  }
  return { difference: median(differences), took: median(times) };
}

/** The least difference of all rounds, signed. What is there is there every time and in one direction; the first round without it ends the search. */
async function difference(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly within: boolean }> {
  let least: number | undefined;
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const { difference: ms, took } = await round(one, other);
    const turned = least !== undefined && Math.sign(ms) !== Math.sign(least);
    if (least === undefined || Math.abs(ms) < Math.abs(least)) least = ms;
    if (turned || Math.abs(ms) <= Math.max(TOLERANCE.ms, took * TOLERANCE.share)) return { ms: least, within: true };
  }
  return { ms: least ?? 0, within: false };
}

/** Routes whose path names something that is looked up and, when it is not there, refused: these could tell by their time. */
const lookedUp = Object.entries(ROUTES).filter(
  ([operation, { path, refuses }]) => operation !== 'removeMember' && parametersOf(path).length > 0 && refuses?.includes('not_found'),
);

function asking(operation: string, names: Names): () => Promise<unknown> {
  const path = ROUTES[operation]?.path ?? '';
  return () => {
    const headers = { authorization: `Bearer ${token}`, 'sluice-tenant': ours.slug, 'idempotency-key': randomUUID() };
    return stand.call(operation, { ...requestOf(operation, path, ours, { path: names }), headers });
  };
}

it('takes as long to refuse what another tenant has as what nobody has', async () => {
  expect(lookedUp.length).toBeGreaterThan(20);
  const found = [];
  for (const [operation] of lookedUp)
    found.push({ operation, ...(await difference(asking(operation, theirs), asking(operation, nowhere))) });
  const largest = found.reduce((so, each) => (Math.abs(each.ms) > Math.abs(so.ms) ? each : so));
  await keepFigures('tenant-timing', { timedRoutes: found.length, largestDifferenceMs: Math.round(largest.ms * 1000) / 1000 });
  expect(found.filter(({ within }) => !within)).toEqual([]);
});

it('sees a route that takes longer for what is there', async () => {
  const slow = async () => {
    await asking('findModel', theirs)();
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  expect(await difference(slow, asking('findModel', nowhere))).toMatchObject({ within: false });
});
