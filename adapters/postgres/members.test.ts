import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTenant, type Member, putMember, removeMember } from '#core/governance/index.ts';
import { type Context, ROLES, type Role } from '#core/kernel/index.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type ControlPlane, controlPlane } from './control-plane.ts';

let postgres: TestPostgres;
let plane: ControlPlane;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
});
afterAll(() => postgres.stop());

function within(tenant: string): Context {
  return { tenant, principal: { id: 'boss', kind: 'user', roles: ['admin'] }, now: new Date(), requestId: randomUUID() };
}

const bob = (roles: readonly Role[]) => ({ principal: 'bob', kind: 'user' as const, displayName: 'Bob', roles });

/** What the authorizer's table will say once every projection was delivered, in whatever order. */
async function projected(tenant: string): Promise<readonly Pick<Member, 'roles' | 'revision'>[]> {
  return postgres.pool.transaction().execute(async (trx) => {
    await sql`select set_config('sluice.tenant', ${tenant}, true)`.execute(trx);
    const told = await trx.selectFrom('outbox').select('data').where('destination', '=', 'membership').execute();
    return told.map(({ data }) => data as unknown as Member).sort((one, other) => one.revision - other.revision);
  });
}

describe('members', () => {
  it('put by several writers at once get a revision each, and the last one is what is stored', async () => {
    const roles = fc.uniqueArray(fc.constantFrom(...ROLES), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(roles, { minLength: 2, maxLength: 4 }), async (wanted) => {
        const { id } = await postgres.newTenant();
        const ctx = within(id);
        await plane.write(ctx, {}, (tx) => putMember(tx, ctx, { ...bob(['admin']), principal: 'boss' }));
        await Promise.all(wanted.map((each) => plane.write(ctx, {}, (tx) => putMember(tx, ctx, bob(each)))));
        const stored = (await plane.read(ctx, (tx) => tx.members.list({ limit: 10 }))).find(({ principal }) => principal === 'bob');
        const told = (await projected(id)).filter((each) => (each as Member).principal === 'bob');
        expect(told.map(({ revision }) => revision)).toEqual(told.map((_, index) => index + 1));
        expect(told.at(-1)).toMatchObject({ roles: stored?.roles, revision: stored?.revision });
      }),
      { numRuns: 15 },
    );
  });

  it('are changed and removed only at the revision that was seen, if one is named', async () => {
    const { id } = await postgres.newTenant();
    const ctx = within(id);
    const put = (roles: readonly Role[], expectedRevision?: number) =>
      plane.write(ctx, {}, (tx) => putMember(tx, ctx, { ...bob(roles), expectedRevision }));
    const remove = (expectedRevision?: number) =>
      plane.write(ctx, {}, async (tx) => {
        await removeMember(tx, ctx, { principal: 'bob', expectedRevision });
        return {};
      });
    await expect(put(['viewer'], 1)).rejects.toMatchObject({ failure: { code: 'moved_meanwhile', revision: 0 } });
    expect(await put(['viewer'])).toMatchObject({ revision: 1 });
    expect(await put(['viewer'], 1)).toMatchObject({ revision: 1 });
    expect(await put(['scientist'], 1)).toMatchObject({ revision: 2 });
    await expect(put(['approver'], 1)).rejects.toMatchObject({ failure: { code: 'moved_meanwhile', revision: 2 } });
    await expect(remove(1)).rejects.toMatchObject({ failure: { code: 'moved_meanwhile', revision: 2 } });
    await remove(2);
    expect(await projected(id)).toMatchObject([{ roles: ['viewer'] }, { roles: ['scientist'] }, { roles: [], revision: 3 }]);
  });
});

describe('an order to open a tenant', () => {
  const ordered = { slug: 'growing', name: 'Growing', admin: { principal: 'boss', kind: 'user', displayName: 'Boss' } } as const;

  it('may be given again', async () => {
    const ctx = within(randomUUID());
    const order = { ...ordered, slug: `t-${ctx.tenant.slice(0, 8)}` };
    const first = await plane.write(ctx, {}, (tx) => createTenant(tx, ctx, order));
    expect(await plane.write(ctx, {}, (tx) => createTenant(tx, ctx, order))).toEqual(first);
  });

  it.each([
    { name: 'another admin', change: { admin: { ...ordered.admin, principal: 'stranger' } } },
    { name: 'somebody who is no admin', change: { admin: { ...ordered.admin, principal: 'bob' } } },
    { name: 'another name', change: { name: 'Shrinking' } },
  ])('that exists, for $name, is refused and changes nobody', async ({ change }) => {
    const ctx = within(randomUUID());
    const order = { ...ordered, slug: `t-${ctx.tenant.slice(0, 8)}` };
    await plane.write(ctx, {}, (tx) => createTenant(tx, ctx, order));
    await plane.write(ctx, {}, (tx) => putMember(tx, ctx, bob(['viewer'])));
    const before = await plane.read(ctx, (tx) => tx.members.list({ limit: 10 }));
    await expect(plane.write(ctx, {}, (tx) => createTenant(tx, ctx, { ...order, ...change }))).rejects.toMatchObject({
      failure: { code: 'already_exists', what: 'tenant', id: order.slug },
    });
    expect(await plane.read(ctx, (tx) => tx.members.list({ limit: 10 }))).toEqual(before);
  });
});
