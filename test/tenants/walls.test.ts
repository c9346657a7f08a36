import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../api/routes.ts';
import { ROLES } from '../../core/kernel/index.ts';
import { type ApiStand, type Handlers, startApi } from '../support/api-stand.ts';
import { keepFigures } from '../support/figures.ts';
import { prepare, requestOf } from '../support/route-requests.ts';
import { problemOf } from '../support/through-the-gateway.ts';
import { type Caller, callerOf } from './callers.ts';
import { askForForeign, type Finding, type Neighbours, settleNeighbours } from './foreign.ts';
import { mongoWithoutTenant, plantInDynamo, s3WithoutTenant } from './planted.ts';

let stand: ApiStand;
const figures: Record<string, number> = { routes: Object.keys(ROUTES).length };

beforeAll(async () => {
  stand = await startApi();
});
afterAll(async () => {
  await keepFigures('tenant-matrix', figures);
  await stand.stop();
});

/** As the owner of the tables alone may; the app's role may not. */
async function rowLevelSecurity(action: 'enable' | 'disable'): Promise<void> {
  await stand.postgres.asOwner(async (client) => {
    const { rows } = await client.query(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relforcerowsecurity`,
    );
    for (const { name } of rows) await client.query(`alter table ${client.escapeIdentifier(name)} ${action} row level security`);
  });
}

const NOTHING = { leaks: [], differing: [], changed: [], reused: [] };
const isUser = ({ kind }: Caller) => kind === 'user';
const mayAll = (caller: Caller) => isUser(caller) && caller.roles.length === ROLES.length;

/** All that somebody of one tenant gets to know of another, with these handlers. */
async function found(by: (neighbours: Neighbours) => Handlers, those: (caller: Caller) => boolean = () => true) {
  const neighbours = await settleNeighbours(stand);
  const handlers = by(neighbours);
  const finding = await askForForeign(stand, neighbours, handlers, neighbours.callers.filter(those));
  return { ...finding, reused: await reuseKeys(neighbours, handlers) };
}

/** A key that was used in another tenant by the same principal, or in the same one by another, is nobody's business here. */
async function reuseKeys({ ours, theirs, markers }: Neighbours, by: Handlers): Promise<readonly string[]> {
  const [both, other] = [await callerOf(stand, ours, 'both', ROLES, 'user'), await callerOf(stand, ours, 'other', ROLES, 'user')];
  await stand.memberships.project({
    principal: both.id,
    tenant: theirs.id,
    tenantSlug: theirs.slug,
    kind: 'user',
    roles: ROLES,
    revision: 1,
  });
  const wrong: string[] = [];
  for (const [operation, { path, idempotency }] of Object.entries(ROUTES)) {
    if (idempotency !== 'key') continue;
    const key = randomUUID();
    for (const [caller, world] of [
      [both, theirs],
      [both, ours],
      [other, ours],
    ] as const) {
      await prepare(operation, stand, world);
      const headers = { authorization: `Bearer ${caller.token}`, 'sluice-tenant': world.slug, 'idempotency-key': key };
      const request = { ...requestOf(operation, path, world), headers };
      const answer = await stand.call(operation, request, by);
      const leaked = world === ours ? markers.leakedBy(request, answer) : [];
      if (answer.status >= 500 || problemOf(answer) === 'idempotency_key_reused' || leaked.length > 0)
        wrong.push(`${operation}: ${answer.status} ${problemOf(answer)} ${leaked.join(' ')}`);
    }
  }
  return wrong;
}

function count({ leaks, differing, reused }: Pick<Finding, 'leaks' | 'differing'> & { readonly reused: readonly string[] }): number {
  return leaks.length + differing.length + reused.length;
}

describe('what another tenant has', () => {
  it('is answered as what nobody has', async () => {
    const { cells, ...finding } = await found(() => stand.handlers());
    Object.assign(figures, { cells, leaks: finding.leaks.length + finding.reused.length, differing: finding.differing.length });
    expect(finding).toEqual(NOTHING);
    expect(cells).toBeGreaterThan(1_000);
  });

  it('is so by row-level security alone', async () => {
    const { cells, ...finding } = await found(() => stand.handlers({ predicate: false }));
    Object.assign(figures, { cellsWithRlsAlone: cells, leaksWithRlsAlone: count(finding) });
    expect(finding).toEqual(NOTHING);
  });

  describe('without row-level security', () => {
    beforeAll(() => rowLevelSecurity('disable'));
    afterAll(() => rowLevelSecurity('enable'));

    it('is so by the predicate of each statement alone', async () => {
      const { cells, ...finding } = await found(() => stand.handlers(), isUser);
      Object.assign(figures, { cellsWithPredicateAlone: cells, leaksWithPredicateAlone: count(finding) });
      expect(finding).toEqual(NOTHING);
    });

    it('is seen when there is no predicate either', async () => {
      const { leaks, differing, changed, reused } = await found(() => stand.handlers({ predicate: false }), mayAll);
      figures['leaksWithoutWalls'] = leaks.length;
      expect([leaks.length > 20, differing.length > 20, changed.length > 3, reused.length > 3]).toEqual([true, true, true, true]);
    });
  });

  let takeBack = (): void => undefined;

  it.each([
    {
      name: 'MongoDB no longer asks for the tenant',
      by: () => stand.handlers({ predicate: true }, { mongo: mongoWithoutTenant(stand.mongoOf) }),
      routes: ['findPrediction', 'findPredictionLineage', 'readScanReport', 'recordGroundTruth'],
    },
    {
      name: 'the keys of DynamoDB no longer begin with it',
      by: ({ ours, theirs }: Neighbours) => {
        takeBack = plantInDynamo(ours.id, theirs.id);
        return stand.handlers();
      },
      routes: ['createPredictions'],
    },
    {
      name: 'the keys of S3 no longer begin with it',
      by: ({ ours, theirs }: Neighbours) => stand.handlers({ predicate: true }, { s3: s3WithoutTenant(stand.s3, ours.id, theirs.id) }),
      routes: ['createBatch', 'createDatasetVersion', 'createUpload'],
    },
  ])('is seen when $name', async ({ by, routes }) => {
    const { leaks, differing } = await found(by, mayAll).finally(() => takeBack());
    const seen = new Set([...leaks, ...differing].map((each) => each.split(' ')[0]));
    expect([...seen]).toEqual(expect.arrayContaining(routes));
  });
});
