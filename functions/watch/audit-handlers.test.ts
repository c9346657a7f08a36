import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchingPlane } from '#adapters/postgres/watching-plane.ts';
import { watchRoutes } from '#api/watch.ts';
import type { Role } from '#core/kernel/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { type AuditStand, later, startAudit } from '../../test/support/audit-stand.ts';
import type { TestPostgres } from '../../test/support/postgres.ts';
import { type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { watchHandlers } from './watch-handlers.ts';

let stand: AuditStand;

beforeAll(async () => {
  stand = await startAudit();
});
afterAll(() => stand?.stop());

describe('who may read the audit', () => {
  const asked = (tenant: Awaited<ReturnType<TestPostgres['newTenant']>>, role: Role) => {
    const deps = {
      plane: watchingPlane(stand.postgres),
      mongo: () => Promise.reject(new Error('no Mongo here')),
      evidence: stand.evidence,
    };
    const handler = serve(watchRoutes, watchHandlers(deps), { name: 'watch' }) as HttpHandler;
    return routeCaller(watchRoutes, () => handler, { tenant, roles: [role] });
  };

  it('sees who did what, newest first, by subject, action, principal and time', async () => {
    const tenant = await stand.postgres.newTenant();
    await stand.write(tenant.id, 'thing/a', 'thing/b', 'thing/a');
    await stand.seal(tenant.id);
    await stand.write(tenant.id, 'thing/c');
    const ask = asked(tenant, 'approver');
    const list = async (query: Record<string, string>) => {
      const { status, body } = await ask('listAudit', { query });
      return status === 200 ? body.items.map((item: { subject: string }) => item.subject) : body.code;
    };
    expect(await list({})).toEqual(['thing/c', 'thing/a', 'thing/b', 'thing/a']);
    expect(await list({ subject: 'thing/a' })).toEqual(['thing/a', 'thing/a']);
    expect(await list({ action: 'thing.done.v1', principal: 'ada', limit: '1' })).toEqual(['thing/c']);
    expect(await list({ principal: 'eve' })).toEqual([]);
    expect(await list({ from: later().toISOString() })).toEqual([]);
    expect(await list({ until: later().toISOString() })).toHaveLength(4);
    const first = (await ask('listAudit', { query: { limit: '2' } })).body;
    expect(first.items.map(({ place }: { place: { position: number } | null }) => place?.position)).toEqual([undefined, 3]);
    const second = (await ask('listAudit', { query: { limit: '2', cursor: first.next } })).body;
    expect([second.items.map(({ place }: { place: { position: number } }) => place.position), second.next]).toEqual([[2, 1], undefined]);
  });

  it('has it verified part by part, and is told the first place that does not hold', async () => {
    const tenant = await stand.postgres.newTenant();
    await stand.write(tenant.id, ...Array.from({ length: 3 }, (_, n) => `thing/${n}`));
    await stand.seal(tenant.id);
    const ask = asked(tenant, 'admin');
    const total = { calls: 0, sealed: 0, evidence: 0 };
    for (let query: Record<string, string> = {}; ; ) {
      const { body } = await ask('verifyAudit', { query });
      expect(body.finding).toBeNull();
      total.calls++;
      total.sealed += body.checked.sealed;
      total.evidence += body.checked.evidence;
      if (!body.next) break;
      query = { cursor: body.next };
    }
    expect(total).toEqual({ calls: 6, sealed: 3, evidence: 1 });
    await stand.postgres.asOwnerIn(tenant.id, (client) => client.query(`update audit set principal = 'eve' where subject = 'thing/1'`));
    const { body } = await ask('verifyAudit');
    expect(body).toMatchObject({ finding: { kind: 'changed', position: 2 }, head: { position: 1 } });
    expect(body.next).toBeUndefined();
    expect((await ask('verifyAudit', { query: { cursor: 'bm8' } })).status).toBe(400);
  });

  it.each(['viewer', 'scientist', 'operator'] as const)('is no %s', async (role) => {
    const ask = asked(await stand.postgres.newTenant(), role);
    expect([(await ask('listAudit')).status, (await ask('verifyAudit')).status]).toEqual([403, 403]);
  });

  it('sees nothing of another tenant', async () => {
    await stand.sealedTenant();
    const other = asked(await stand.postgres.newTenant(), 'admin');
    expect((await other('listAudit')).body).toEqual({ items: [] });
    expect((await other('verifyAudit')).body).toMatchObject({ checked: { sealed: 0 }, finding: null });
  });
});
