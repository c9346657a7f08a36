import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlPlane } from '#adapters/postgres/control-plane.ts';
import { memberRoutes } from '#api/members.ts';
import { policyRoutes } from '#api/policies.ts';
import { serve } from '#functions/_http/serve.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type Caller, type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { memberHandlers } from './members.ts';
import { policyHandlers } from './policies.ts';

const routes = { ...policyRoutes, ...memberRoutes };
let postgres: TestPostgres;
let handler: HttpHandler;

beforeAll(async () => {
  postgres = await startPostgres();
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  handler = serve(routes, { ...policyHandlers(plane), ...memberHandlers(plane) }, { name: 'operations' }) as HttpHandler;
});
afterAll(() => postgres?.stop());

const caller = (who: Caller) => routeCaller(routes, () => handler, who);

const RULES = {
  approvals: [{ models: 'credit-*', required: true, deciders: { principals: ['grace'], roles: ['admin'] }, longestHours: 24 }],
  gates: [{ models: '*', metric: 'auc', atLeast: 0.6 }],
};

describe('the policy of a tenant', () => {
  it('is version 0 until an admin writes one, and each version stays to be read', async () => {
    const tenant = await postgres.newTenant();
    const [admin, viewer] = [caller({ tenant, roles: ['admin'] }), caller({ tenant, roles: ['viewer'] })];
    const put = (rules: object, headers: Record<string, string> = {}) =>
      admin('putPolicy', { body: { rules, comment: 'a reason' }, headers });
    const none = { version: 0, rules: { approvals: [], gates: [] }, createdBy: 'system:sluice' };
    expect(await viewer('findPolicy')).toMatchObject({ status: 200, body: none, headers: { etag: '"0"' } });

    expect(await put(RULES, { 'if-match': '"0"' })).toMatchObject({
      status: 200,
      body: { version: 1, rules: RULES, comment: 'a reason', createdBy: 'ada' },
      headers: { etag: '"1"' },
    });
    // The retry of a lost answer, and somebody who had not seen it.
    expect(await put(RULES, { 'if-match': '"0"' })).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await put({ gates: [] }, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { type: '/problems/moved_meanwhile', revision: 1 },
    });
    expect(await put({ gates: [] }, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { version: 2 } });

    const read = async (version: string) => (await viewer('findPolicyVersion', { path: { version } })).body;
    expect([await read('0'), await read('1')]).toMatchObject([none, { version: 1, rules: RULES }]);
    expect(await viewer('findPolicyVersion', { path: { version: '3' } })).toMatchObject({ status: 404 });
    const { body } = await viewer('listPolicies', { query: { limit: '1' } });
    expect(body).toMatchObject({ items: [{ version: 2 }] });
    expect((await viewer('listPolicies', { query: { limit: '1', cursor: body.next } })).body).toMatchObject({ items: [{ version: 1 }] });
    const told = await postgres.asOwnerIn(tenant.id, async (client) => {
      return (await client.query(`select action, principal, data ->> 'version' as version from audit order by seq`)).rows;
    });
    expect(told).toEqual(['1', '2'].map((version) => ({ action: 'policy.changed.v1', principal: 'ada', version })));
  });

  it.each([
    ['nobody could decide', { approvals: [{ models: '*', deciders: {} }] }],
    ['two things at once are asked of one metric', { gates: [{ models: '*', metric: 'auc', atLeast: 0.6, atMost: 0.9 }] }],
    ['a margin has no champion', { gates: [{ models: '*', metric: 'auc', margin: 0.1 }] }],
    ['a metric is not measured', { gates: [{ models: '*', metric: 'profit', atLeast: 1 }] }],
    ['a pattern fits no name', { gates: [{ models: 'Über*', metric: 'auc' }] }],
    ['it says something else', { retention: { predictions: 1 } }],
  ])('is refused when %s', async (_, rules) => {
    const admin = caller({ tenant: await postgres.newTenant(), roles: ['admin'] });
    expect(await admin('putPolicy', { body: { rules, comment: 'x' } })).toMatchObject({
      status: 400,
      body: { type: '/problems/request_invalid' },
    });
    expect((await admin('findPolicy')).body).toMatchObject({ version: 0 });
  });

  it('and who belongs to it are for people to change, with the right to', async () => {
    const tenant = await postgres.newTenant();
    const others = caller({ tenant, roles: ['viewer', 'scientist', 'operator', 'approver'] });
    const service = caller({ tenant, roles: ['admin'], principal: 'ci', kind: 'service' });
    const asked = [
      ['putPolicy', { body: { rules: RULES, comment: 'x' } }],
      ['putMember', { path: { principal: 'ci' }, body: { kind: 'service', displayName: 'CI', roles: ['admin', 'approver'] } }],
      ['removeMember', { path: { principal: 'ada' } }],
    ] as const;
    for (const [operation, given] of asked) {
      expect(await others(operation, given), operation).toMatchObject({ status: 403, body: { type: '/problems/permission_missing' } });
      expect(await service(operation, given), operation).toMatchObject({ status: 403, body: { type: '/problems/user_needed' } });
    }
    expect(await service('findPolicy')).toMatchObject({ status: 200, body: { version: 0 } });
  });

  it('cannot be rewritten, not even by the role of the functions', async () => {
    const tenant = await postgres.newTenant();
    await caller({ tenant, roles: ['admin'] })('putPolicy', { body: { rules: RULES, comment: 'x' } });
    const within = postgres.pool.transaction();
    await expect(within.execute((trx) => trx.updateTable('policy').set({ comment: 'y' }).execute())).rejects.toThrow(/permission denied/);
    await expect(within.execute((trx) => trx.deleteFrom('policy').execute())).rejects.toThrow(/permission denied/);
  });
});
