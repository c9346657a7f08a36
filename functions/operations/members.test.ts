import { afterAll, beforeAll, expect, it } from 'vitest';
import { controlPlane } from '#adapters/postgres/control-plane.ts';
import { memberRoutes } from '#api/members.ts';
import type { Role } from '#core/kernel/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { memberHandlers } from './members.ts';

let postgres: TestPostgres;
let handler: HttpHandler;

beforeAll(async () => {
  postgres = await startPostgres();
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  handler = serve(memberRoutes, memberHandlers(plane), { name: 'operations' }) as HttpHandler;
});
afterAll(() => postgres?.stop());

async function caller(roles: readonly Role[], principal = 'ada') {
  return routeCaller(memberRoutes, () => handler, { tenant: await postgres.newTenant(), roles, principal });
}

it('are managed by an admin, who cannot leave a tenant without one', async () => {
  const as = await caller(['admin'], 'boss');
  const put = (principal: string, roles: readonly Role[]) =>
    as('putMember', { path: { principal }, body: { kind: 'user', displayName: 'X', roles } });
  expect(await put('boss', ['admin'])).toMatchObject({ status: 200, body: { revision: 1 }, headers: { etag: '"1"' } });
  const seen = { kind: 'user', displayName: 'X', roles: ['admin', 'viewer'] };
  const stale = { path: { principal: 'boss' }, headers: { 'if-match': '"7"' } };
  for (const given of [{ ...stale, body: seen }, stale]) {
    const operation = given === stale ? 'removeMember' : 'putMember';
    expect(await as(operation, given)).toMatchObject({ status: 412, body: { type: '/problems/moved_meanwhile', revision: 1 } });
  }
  expect(await put('boss', ['viewer'])).toMatchObject({ status: 409, body: { type: '/problems/last_admin' } });
  expect((await put('bob', [])).status).toBe(400);
  expect((await as('listMembers')).body.items).toHaveLength(1);
  expect(await as('removeMember', { path: { principal: 'x' } })).toMatchObject({ status: 404, body: { type: '/problems/not_found' } });
});

it.each<Role>(['viewer', 'scientist', 'operator', 'approver'])('are not managed by a %s', async (role) => {
  const as = await caller([role]);
  const given = { path: { principal: 'x' }, body: { kind: 'user', displayName: 'X', roles: ['admin'] } };
  expect(await as('putMember', given)).toMatchObject({ status: 403, body: { type: '/problems/permission_missing' } });
});
