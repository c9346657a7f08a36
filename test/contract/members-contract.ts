import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { putMember, removeMember } from '#core/governance/index.ts';
import { ROLES, type Role } from '#core/kernel/index.ts';
import { fulfilled, refusals, type Transactions } from './transactions.ts';

/** What every store of `Members` must do, seen through the use cases that keep its revisions. */
export function membersContract(open: () => Promise<Transactions>) {
  describe('members', () => {
    const put = (store: Transactions, principal: string, roles: readonly Role[]) =>
      store.write((tx) => putMember(tx, store.ctx, { principal, kind: 'user', displayName: principal, roles }));
    const all = (store: Transactions) => store.read((tx) => tx.members.list({ limit: 99 }));

    it('are numbered without gaps whoever writes at once, and stay as the highest revision says', async () => {
      const writes = fc.array(fc.subarray([...ROLES], { minLength: 1 }), { minLength: 2, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(writes, async (wanted) => {
          const store = await open();
          const told = await Promise.all(wanted.map((roles) => put(store, 'bob', [...roles, 'admin'])));
          await put(store, 'root', ['admin']);
          const revisions = [...new Set(told.map(({ revision }) => revision))].sort();
          expect(revisions).toEqual(revisions.map((_, index) => index + 1));
          // One revision is one set of roles: what is projected under it is what is stored under it.
          for (const revision of revisions) {
            const same = told.filter((member) => member.revision === revision);
            expect(new Set(same.map(({ roles }) => String(roles))).size).toBe(1);
          }
          const last = told.find(({ revision }) => revision === revisions.at(-1));
          expect((await all(store)).find(({ principal }) => principal === 'bob')).toMatchObject({
            roles: last?.roles,
            revision: last?.revision,
          });
        }),
        { numRuns: 15 },
      );
    });

    it('keep one admin of two that are removed at once', async () => {
      const store = await open();
      await put(store, 'root', ['admin']);
      await put(store, 'deputy', ['admin']);
      const outcomes = await Promise.allSettled(
        ['root', 'deputy'].map((principal) => store.write((tx) => removeMember(tx, store.ctx, { principal }))),
      );
      expect([fulfilled(outcomes).length, refusals(outcomes)]).toEqual([1, ['last_admin']]);
      expect(await all(store)).toHaveLength(1);
    });

    it('change once when told the same again, and keep the last admin', async () => {
      const store = await open();
      expect(await put(store, 'root', ['admin'])).toMatchObject({ revision: 1 });
      expect(await put(store, 'root', ['admin'])).toMatchObject({ revision: 1 });
      await expect(put(store, 'root', ['viewer'])).rejects.toMatchObject({ name: 'last_admin' });
      expect(await all(store)).toMatchObject([{ principal: 'root', roles: ['admin'], revision: 1 }]);
    });

    it('remember the revision of somebody removed', async () => {
      const store = await open();
      await put(store, 'root', ['admin']);
      await put(store, 'bob', ['viewer']);
      await store.write((tx) => removeMember(tx, store.ctx, { principal: 'bob' }));
      expect((await all(store)).map(({ principal }) => principal)).toEqual(['root']);
      expect(await put(store, 'bob', ['viewer'])).toMatchObject({ revision: 3 });
    });

    it('belong to one tenant', async () => {
      const [mine, theirs] = [await open(), await open()];
      await put(theirs, 'bob', ['admin']);
      expect(await all(mine)).toEqual([]);
      expect(await put(mine, 'bob', ['admin'])).toMatchObject({ revision: 1 });
    });
  });
}
