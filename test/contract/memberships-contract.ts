import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { dynamoMemberships, MembershipProjection } from '#adapters/dynamodb/memberships.ts';

/** What every projection of memberships must do. */
export function membershipsContract(open: () => Promise<ReturnType<typeof dynamoMemberships>>) {
  describe('projected memberships', () => {
    const projection = (principal: string, tenant: string, revision: number, roles: readonly string[]): MembershipProjection => ({
      principal,
      tenant,
      tenantSlug: `slug-${tenant}`,
      kind: 'user',
      roles,
      revision,
    });

    it('end as the highest revision says, whatever the order in which they come and however often', async () => {
      const memberships = await open();
      const arriving = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(arriving, async (revisions) => {
          const [principal, tenant] = [randomUUID(), randomUUID()];
          // Every third revision is a removal.
          const rolesAt = (revision: number) => (revision % 3 === 0 ? [] : [`role-${revision}`]);
          await Promise.all(revisions.map((revision) => memberships.project(projection(principal, tenant, revision, rolesAt(revision)))));
          const last = rolesAt(Math.max(...revisions));
          expect(await memberships.of(principal)).toEqual(last.length > 0 ? [{ tenant, tenantSlug: `slug-${tenant}`, roles: last }] : []);
        }),
        { numRuns: 15 },
      );
    });

    it('are all of one principal and nobody else’s', async () => {
      const [memberships, principal, other] = [await open(), randomUUID(), randomUUID()];
      await memberships.project(projection(principal, 'one', 1, ['viewer']));
      await memberships.project(projection(principal, 'two', 1, ['admin', 'scientist']));
      await memberships.project(projection(other, 'three', 1, ['admin']));
      const found = await memberships.of(principal);
      expect(found.map(({ tenant, roles }) => [tenant, roles])).toEqual([
        ['one', ['viewer']],
        ['two', ['admin', 'scientist']],
      ]);
    });
  });
}
