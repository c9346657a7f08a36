import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlPlane } from '#adapters/postgres/control-plane.ts';
import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { startPublisher } from '../../test/support/publisher-stand.ts';
import { administer } from './administer.ts';

let stand: Awaited<ReturnType<typeof startPublisher>>;

beforeAll(async () => {
  stand = await startPublisher();
});
afterAll(() => stand?.stop());

const lambda = { awsRequestId: 'r' };

/** The answer to an order, whose bells are published once they ring. */
async function published<T>(order: Promise<T>): Promise<T> {
  const before = stand.rung.length;
  const ringing = async () => {
    while (stand.rung.length === before) await new Promise((next) => setTimeout(next, 20));
    await stand.publish(stand.rung.slice(before));
  };
  const [made] = await Promise.all([order, ringing()]);
  return made;
}

describe('an order to administer', () => {
  it('rings again when the first ring was lost, also for a change that an earlier order made', async () => {
    const { id, slug } = await stand.postgres.newTenant();
    const deaf = controlPlane({ pool: stand.postgres.pool, bell: { ring: async () => undefined } });
    const order = administer({ plane: deaf, outbox: postgresOutbox(stand.postgres.pool), bell: stand });
    const put = { action: 'put-member', tenant: slug, principal: 'late', kind: 'user', displayName: 'Late', roles: ['viewer'] };
    const made = await published(order(put, lambda));
    expect(made.member).toMatchObject({ revision: 1 });
    expect(await stand.memberships.of('late')).toMatchObject([{ tenant: id, roles: ['viewer'] }]);
  });

  it('opens a tenant once and answers when the authorizer can see it', async () => {
    const outbox = postgresOutbox(stand.postgres.pool);
    const order = administer({ plane: stand.plane, outbox, bell: stand });
    const slug = `t-${randomUUID().slice(0, 8)}`;
    const create = { action: 'create-tenant', slug, name: 'T', admin: { principal: 'boss', kind: 'user', displayName: 'Boss' } };
    const made = await published(order(create, lambda));
    expect(await stand.memberships.of('boss')).toMatchObject([{ tenantSlug: slug, tenant: made.tenant, roles: ['admin'] }]);
    expect(await order(create, lambda)).toEqual(made);
    await expect(
      order({ action: 'put-member', tenant: 'no-such', principal: 'x', kind: 'user', displayName: 'X', roles: ['viewer'] }, lambda),
    ).rejects.toMatchObject({ name: 'not_found' });
    await expect(order({ ...create, slug: 'Bad Slug' }, lambda)).rejects.toThrow(/slug/);
    const { Items = [] } = await stand.dynamo.send(new ScanCommand({ TableName: 'bell' }));
    expect(Items.length).toBeLessThanOrEqual(1);
  });
});
