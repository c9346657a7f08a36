import { describe, expect, it } from 'vitest';
import type { Tenants } from '#core/governance/index.ts';
import { fulfilled, type Transactions } from './transactions.ts';

type Tenant = Parameters<Tenants['add']>[0];

/**
 * What every store of `Tenants` must do.
 * @param unopened transactions of a tenant that is not there yet
 */
export function tenantsContract(unopened: () => Promise<Transactions>) {
  describe('tenants', () => {
    const of = ({ ctx }: Transactions, name = 'One'): Tenant => ({ id: ctx.tenant, slug: `t-${ctx.tenant.slice(0, 8)}`, name });
    const current = (store: Transactions) => store.read((tx) => tx.tenants.current());
    const add = async (store: Transactions, tenant: Tenant) => {
      await store.write((tx) => tx.tenants.add(tenant));
      return tenant;
    };

    it('are opened by one of two that do it at once', async () => {
      const store = await unopened();
      expect(await current(store)).toBeUndefined();
      const outcomes = await Promise.allSettled([add(store, of(store, 'One')), add(store, of(store, 'Two'))]);
      const [opened, ...others] = fulfilled(outcomes);
      expect(others).toEqual([]);
      expect(await current(store)).toEqual(opened);
    });

    it('never share a slug, also when two take it at once', async () => {
      const stores = [await unopened(), await unopened()] as const;
      const { slug } = of(stores[0]);
      const opened = fulfilled(await Promise.allSettled(stores.map((store) => add(store, { ...of(store), slug }))));
      expect(opened).toHaveLength(1);
      expect((await Promise.all(stores.map(current))).filter((tenant) => tenant !== undefined)).toEqual(opened);
    });

    it('see themselves only, and open nobody else', async () => {
      const [mine, theirs, third] = [await unopened(), await unopened(), await unopened()];
      await add(theirs, of(theirs));
      expect(await current(mine)).toBeUndefined();
      await expect(add(mine, of(third))).rejects.toThrow();
      await add(mine, of(mine));
      expect([await current(mine), await current(theirs), await current(third)]).toEqual([of(mine), of(theirs), undefined]);
    });
  });
}
