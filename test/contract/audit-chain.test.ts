import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresAuditSealing } from '#adapters/postgres/audit-sealing.ts';
import { enterTenant } from '#adapters/postgres/control-plane.ts';
import { type AuditSealing, type EvidenceKeeping, sealAudit } from '#core/audit/index.ts';
import { type AuditStand, later, startAudit } from '../support/audit-stand.ts';
import { keepFigures } from '../support/figures.ts';
import { tamperings } from './audit-chain/tamperings.ts';

const figures = { tamperings: 0, found: 0, 'crash points': 0, histories: 0, 'rows sealed': 0, lost: 0, 'sealed twice': 0 };

let stand: AuditStand;

beforeAll(async () => {
  stand = await startAudit();
});
afterAll(async () => {
  await keepFigures('audit-chain', figures);
  await stand?.stop();
});

describe('the audit chain', () => {
  it('holds every row once, with evidence of each sealing', async () => {
    const tenant = await stand.sealedTenant();
    expect(await stand.verify(tenant, later())).toEqual({ sealed: 10, evidence: 4 });
    expect(await stand.seal(tenant)).toBe(0);
    expect(await stand.verify(await stand.newTenant())).toEqual({ sealed: 0, evidence: 0 });
  });

  it('gives a row that is committed late a later place, and misses none', async () => {
    const tenant = await stand.newTenant();
    const early = stand.openWrite(tenant, ['thing/early']);
    await early.written;
    await stand.write(tenant, 'thing/late');
    expect(await stand.seal(tenant)).toBe(1);
    await stand.write(tenant, 'thing/later');
    expect(await stand.seal(tenant)).toBe(1);
    await early.end(true);
    expect(await stand.seal(tenant)).toBe(1);
    const order = await stand.postgres.asOwnerIn(tenant, (client) =>
      client.query('select subject from audit_seal s join audit a using (tenant_id, seq) order by position'),
    );
    expect(order.rows.map(({ subject }) => subject)).toEqual(['thing/late', 'thing/later', 'thing/early']);
    expect(await stand.verify(tenant, later())).toEqual({ sealed: 3, evidence: 3 });
  });

  it('is followed to its end over many pages, a long sealing in parts', async () => {
    const tenant = await stand.newTenant();
    await stand.write(tenant, ...Array.from({ length: 1203 }, (_, n) => `thing/${n % 700}`));
    expect(await stand.seal(tenant)).toBe(1203);
    for (let n = 0; n < 45; n++) {
      await stand.write(tenant, `thing/${n}`);
      await stand.seal(tenant);
    }
    expect(await stand.verify(tenant, later())).toEqual({ sealed: 1248, evidence: 48 });
  });

  it('is whole after any history of writers that commit and roll back in any order while sealers run', async () => {
    const writer = fc.record({ facts: fc.integer({ min: 1, max: 3 }), commits: fc.boolean(), endsAfter: fc.integer({ min: 0, max: 3 }) });
    const history = fc.array(fc.record({ writers: fc.array(writer, { maxLength: 2 }), sealers: fc.integer({ min: 0, max: 2 }) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const tenant = await stand.newTenant();
        const open: { end(commit: boolean): Promise<void>; commits: boolean; at: number }[] = [];
        let committed = 0;
        for (const [round, { writers, sealers }] of rounds.entries()) {
          for (const { facts, commits, endsAfter } of writers) {
            // At most this many connections are held open at once.
            if (open.length === 4) await finish(open.shift());
            const write = stand.openWrite(
              tenant,
              Array.from({ length: facts }, () => `thing/${randomUUID()}`),
            );
            await write.written;
            open.push({ ...write, commits, at: round + endsAfter });
            committed += commits ? facts : 0;
          }
          const due = open.filter(({ at }) => at <= round);
          for (const each of due) open.splice(open.indexOf(each), 1);
          await Promise.all([...due.map(finish), ...Array.from({ length: sealers }, () => stand.seal(tenant))]);
        }
        await Promise.all(open.map(finish));
        await stand.seal(tenant);
        const { sealed, finding } = await stand.verify(tenant, later());
        expect(finding).toBeUndefined();
        const twice = await stand.postgres.asOwnerIn(tenant, (client) =>
          client.query(
            'select seq from audit_seal group by seq having count(*) > 1 union all select seq from audit_seal except all select seq from audit',
          ),
        );
        figures.histories++;
        figures['rows sealed'] += sealed;
        figures.lost += Math.max(0, committed - sealed);
        figures['sealed twice'] += twice.rows.length;
        expect([sealed, twice.rows]).toEqual([committed, []]);
      }),
      { numRuns: 40 },
    );
  });

  it('of one tenant has nothing of another, and what is done to one is no concern of the other', async () => {
    const [one, other] = [await stand.sealedTenant(), await stand.sealedTenant()];
    await stand.postgres.asOwnerIn(one, (client) => client.query(`update audit set principal = 'eve' where subject = 'thing/c'`));
    expect((await stand.verify(one)).finding).toMatchObject({ kind: 'changed', position: 4 });
    expect(await stand.verify(other)).toEqual({ sealed: 10, evidence: 4 });
  });

  it.each(['audit_seal', 'audit_segment', 'audit'])('leaves the application no way to change or remove a row of %s', async (table) => {
    const tenant = await stand.sealedTenant();
    await stand.postgres.pool.connection().execute(async (connection) => {
      await enterTenant(connection as never, tenant);
      for (const statement of [`update ${table} set tenant_id = tenant_id`, `delete from ${table}`, `truncate ${table}`])
        await expect(connection.executeQuery({ sql: statement, parameters: [] } as never)).rejects.toThrow(/permission denied/);
    });
  });
});

tamperings(() => stand, figures);

it('a row that nobody seals is told of after a quarter of an hour', async () => {
  const tenant = await stand.newTenant();
  await stand.write(tenant, 'thing/a');
  expect((await stand.verify(tenant)).finding).toBeUndefined();
  expect((await stand.verify(tenant, later())).finding).toMatchObject({ kind: 'unsealed' });
});

describe('a sealer that dies', () => {
  const POINTS = ['seal', 'notKept', 'contentOf', 'keep', 'kept'] as const;
  it.each(POINTS.flatMap((at) => ['before', 'after'].map((when) => ({ at, when }))))(
    '$when $at has lost nothing, and the next one keeps the same evidence',
    async ({ at, when }) => {
      const tenant = await stand.newTenant();
      await stand.write(tenant, 'thing/a', 'thing/b');
      const sealing = postgresAuditSealing(stand.postgres.pool);
      const deps = { sealing: dying(sealing, at, when), evidence: dying(stand.keeping, at, when) };
      await expect(sealAudit(deps, tenant)).rejects.toThrow('died');
      await stand.write(tenant, 'thing/c');
      await Promise.all([stand.seal(tenant), stand.seal(tenant)]);
      figures['crash points']++;
      const verdict = await stand.verify(tenant, later());
      expect(verdict).toMatchObject({ sealed: 3 });
      expect(verdict.finding).toBeUndefined();
    },
  );
});

/** Breaks off before the call of this name, or after it, before its answer. */
function dying<Port extends AuditSealing | EvidenceKeeping>(port: Port, name: string, when: string): Port {
  return new Proxy(port, {
    get(target, property, receiver) {
      const call = Reflect.get(target, property, receiver) as (...args: unknown[]) => Promise<unknown>;
      if (property !== name) return call;
      return async (...args: unknown[]) => {
        if (when === 'after') await call(...args);
        throw new Error('died');
      };
    },
  });
}

async function finish(open: { end(commit: boolean): Promise<void>; readonly commits: boolean } | undefined): Promise<void> {
  await open?.end(open.commits);
}
