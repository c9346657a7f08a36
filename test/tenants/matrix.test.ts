import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../api/route.ts';
import { ROUTES } from '../../api/routes.ts';
import { permissionsOf } from '../../core/governance/index.ts';
import { ROLES } from '../../core/kernel/index.ts';
import { type ApiStand, startApi } from '../support/api-stand.ts';
import { keepFigures } from '../support/figures.ts';
import { prepare, requestOf } from '../support/route-requests.ts';
import type { TenantWorld } from '../support/tenant-names.ts';
import { seedTenant } from '../support/tenant-world.ts';
import { type ApiAnswer, problemOf } from '../support/through-the-gateway.ts';
import { FORGERIES } from '../support/tokens.ts';
import { type Caller, callerOf, callersOf, KINDS } from './callers.ts';
import { type Markers, markersOf } from './markers.ts';
import { plantInMemberships } from './planted.ts';
import { idsIn, rowsOf } from './rows-of.ts';

let stand: ApiStand;
let ours: TenantWorld;
let theirs: TenantWorld;
let callers: readonly Caller[];
let markers: Markers;
let cells = 0;
const leaks: string[] = [];

beforeAll(async () => {
  stand = await startApi();
  ours = await seedTenant(stand);
  theirs = await seedTenant(stand);
  callers = await callersOf(stand, ours);
  markers = markersOf(theirs, idsIn(await rowsOf(stand, theirs.id)));
});
afterAll(async () => {
  await keepFigures('tenant-matrix-roles', { routes: routes.length, roleCells: cells, roleLeaks: leaks.length });
  await stand.stop();
});

/** What tells a caller that he may not, or that he asked for what is not there. All else is the domain's own answer. */
const OF_ACCESS = ['token_invalid', 'token_expired', 'not_a_member', 'permission_missing', 'not_found', 'request_invalid', undefined];

interface Asked {
  readonly authorization: string | undefined;
  readonly tenant: string | undefined;
  readonly names?: TenantWorld;
}

/** One cell: a call of the route as it should be, by whoever this is. */
async function ask(operation: string, { path }: Route, { authorization, tenant, names = ours }: Asked): Promise<ApiAnswer> {
  cells += 1;
  const headers = {
    'idempotency-key': randomUUID(),
    ...(authorization === undefined ? {} : { authorization }),
    ...(tenant === undefined ? {} : { 'sluice-tenant': tenant }),
  };
  const request = { ...requestOf(operation, path, names), headers };
  const answer = await stand.call(operation, request);
  if (names !== theirs) for (const word of markers.leakedBy(request, answer)) leaks.push(`${operation}: ${word}`);
  return answer;
}

const routes = Object.entries(ROUTES);
const guarded = routes.filter(([, { permission }]) => permission !== 'public');

/** Calls every route in this way and tells which did not answer so. */
async function every(
  those: typeof routes,
  of: (operation: string, route: Route) => Promise<readonly [ApiAnswer, string]>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [operation, route] of those) {
    const [answer, expected] = await of(operation, route);
    const said = `${answer.status} ${problemOf(answer) ?? 'answered'}`;
    if (!new RegExp(`^(${expected})$`).test(said)) wrong.push(`${operation}: ${said} instead of ${expected}: ${answer.text.slice(0, 300)}`);
  }
  return wrong;
}

/** What somebody is answered wrongly who may do everything here and only look there, where he became a member second. */
async function wrongForMemberOfBoth({ label, revisionThere }: { readonly label: string; readonly revisionThere: number }) {
  const { id, token } = await callerOf(stand, ours, label, ROLES, 'user');
  const there = { tenant: theirs.id, tenantSlug: theirs.slug, roles: ['viewer'], revision: revisionThere };
  await stand.memberships.project({ principal: id, kind: 'user', ...there });
  const authorization = `Bearer ${token}`;
  const viewer = permissionsOf(['viewer']);
  const beyond = guarded.filter(([, { permission }]) => permission !== 'member' && permission !== 'public' && !viewer.has(permission));
  expect(beyond.length).toBeGreaterThan(10);
  return {
    ours: await every(
      guarded.filter(([, { method }]) => method === 'GET'),
      async (operation, route) => {
        const answer = await ask(operation, route, { authorization, tenant: ours.slug });
        return [answer, answer.status === 403 ? 'what a member is told' : '.*'];
      },
    ),
    theirs: await every(beyond, async (operation, route) => [
      await ask(operation, route, { authorization, tenant: theirs.slug, names: theirs }),
      '403 permission_missing',
    ]),
  };
}

describe('every route', () => {
  it('answers a member exactly when the table of permissions says so', async () => {
    const wrong: string[] = [];
    for (const { id, kind, roles, token } of callers) {
      const granted = permissionsOf(roles);
      const found = await every(routes, async (operation, route) => {
        const { permission } = route;
        const may = permission === 'public' || (roles.length > 0 && (permission === 'member' || granted.has(permission)));
        if (may) await prepare(operation, stand, ours);
        const answer = await ask(operation, route, { authorization: `Bearer ${token}`, tenant: ours.slug });
        if (!may) return [answer, roles.length === 0 ? '403 not_a_member' : '403 permission_missing'];
        const refusal = problemOf(answer);
        const isFine = refusal === undefined ? answer.status < 300 : answer.status < 500 && !OF_ACCESS.includes(refusal);
        return [answer, isFine ? '.*' : 'an answer that is not about access'];
      });
      wrong.push(...found.map((each) => `${kind} ${id}: ${each}`));
    }
    expect(wrong).toEqual([]);
  });

  it('is closed to a member of another tenant, whatever his roles at home', async () => {
    const wrong: string[] = [];
    for (const { token } of callers)
      for (const names of [ours, theirs])
        wrong.push(
          ...(await every(guarded, async (operation, route) => [
            await ask(operation, route, { authorization: `Bearer ${token}`, tenant: theirs.slug, names }),
            '403 not_a_member',
          ])),
        );
    expect(wrong).toEqual([]);
  });

  it('gives a member of two tenants in each the roles he has there', async () =>
    expect(await wrongForMemberOfBoth({ label: 'both', revisionThere: 1 })).toEqual({ ours: [], theirs: [] }));

  it.each([
    { revisionThere: 1, lost: 'theirs' },
    { revisionThere: 2, lost: 'ours' },
  ] as const)('is seen to forget him in one when memberships have one key for every tenant: $lost', async ({ revisionThere, lost }) => {
    const takeBack = plantInMemberships('membership');
    const wrong = await wrongForMemberOfBoth({ label: `one-key-${revisionThere}`, revisionThere }).finally(takeBack);
    expect(wrong[lost]).not.toEqual([]);
    expect(wrong[lost].filter((each) => !each.includes(': 403 not_a_member'))).toEqual([]);
  });

  it.each([
    { name: 'who is a member nowhere', tenant: () => ours.slug },
    { name: 'who names no tenant', tenant: () => undefined },
    { name: 'who names a tenant that is not there', tenant: () => 'nowhere' },
  ])('is closed to somebody $name', async ({ tenant }) => {
    const wrong: string[] = [];
    for (const kind of KINDS) {
      const token = await stand.provider.token({ id: `stranger-${kind}`, kind });
      wrong.push(
        ...(await every(guarded, async (operation, route) => [
          await ask(operation, route, { authorization: `Bearer ${token}`, tenant: tenant() }),
          '403 not_a_member',
        ])),
      );
    }
    expect(wrong).toEqual([]);
  });

  it.each(FORGERIES)('does not know who comes with a token that is forged: %s', async (forgery) => {
    const wrong: string[] = [];
    for (const caller of callers.filter(({ roles }) => roles.length > 1)) {
      const authorization = await stand.provider.forged(caller, forgery);
      const expected = forgery === 'expired' ? '401 token_expired' : '401 token_invalid';
      for (const tenant of [ours.slug, theirs.slug])
        wrong.push(
          ...(await every(guarded, async (operation, route) => [await ask(operation, route, { authorization, tenant }), expected])),
        );
    }
    expect(wrong).toEqual([]);
  });

  it('cannot be left out: who adds one has to say how it is asked', () => {
    expect(() => requestOf('findThing', '/v1/things/{thing}', ours)).toThrow('path parameter thing');
  });

  it('told nobody anything of another tenant', () => expect(leaks).toEqual([]));
});
