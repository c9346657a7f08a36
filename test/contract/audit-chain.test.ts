import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresAuditSealing } from '#adapters/postgres/audit-sealing.ts';
import { enterTenant } from '#adapters/postgres/control-plane.ts';
import { writeFacts } from '#adapters/postgres/record-facts.ts';
import { watchingPlane } from '#adapters/postgres/watching-plane.ts';
import { s3Evidence, s3EvidenceKeeping } from '#adapters/s3/evidence.ts';
import { watchRoutes } from '#api/watch.ts';
import { type AuditSealing, type Evidence, type EvidenceKeeping, sealAudit } from '#core/audit/index.ts';
import type { Context, Role } from '#core/kernel/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { watchHandlers } from '#functions/watch/watch-handlers.ts';
import { sealAll, verifyAuditChain } from '../support/audit.ts';
import { startAws, type TestAws } from '../support/aws.ts';
import { keepFigures } from '../support/figures.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type HttpHandler, routeCaller } from '../support/route-caller.ts';

let postgres: TestPostgres;
let aws: TestAws;
let s3: S3Client;
let evidence: Evidence;
let keeping: EvidenceKeeping;
const BUCKET = 'evidence';
const figures = { tamperings: 0, found: 0, 'crash points': 0, histories: 0, 'rows sealed': 0, lost: 0, 'sealed twice': 0 };

beforeAll(async () => {
  [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  s3 = new S3Client(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  evidence = s3Evidence(s3, BUCKET);
  keeping = s3EvidenceKeeping(s3, BUCKET);
});
afterAll(async () => {
  await keepFigures('audit-chain', figures);
  s3?.destroy();
  await Promise.all([postgres?.stop(), aws?.stop()]);
});

const newTenant = async () => (await postgres.newTenant()).id;
const contextOf = (tenant: string): Context => ({
  tenant,
  principal: { id: 'ada', kind: 'user', roles: [] },
  now: new Date(),
  requestId: randomUUID(),
});

/** A transaction with one fact of each subject that ends when it is told how. */
function openWrite(tenant: string, subjects: readonly string[]) {
  const written = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<boolean>();
  const undone = new Error('undone');
  const ended = postgres.pool
    .transaction()
    .execute(async (begun) => {
      const trx = await enterTenant(begun, tenant);
      const facts = subjects.map((subject, n) => ({ type: 'thing.done.v1', subject, data: { n, of: { b: 1.5, a: ['ü', null] } } }));
      await writeFacts(trx, contextOf(tenant), randomUUID(), facts);
      written.resolve();
      if (!(await ending.promise)) throw undone;
    })
    .catch((error: unknown) => {
      written.reject(error);
      if (error !== undone) throw error;
    });
  return {
    written: written.promise,
    end: (commit: boolean) => {
      ending.resolve(commit);
      return ended;
    },
  };
}

async function write(tenant: string, ...subjects: string[]): Promise<void> {
  const open = openWrite(tenant, subjects);
  await open.written;
  await open.end(true);
}

const seal = (tenant: string) => sealAll(postgres.pool, tenant, keeping);
const verify = (tenant: string, now?: Date) => verifyAuditChain({ pool: postgres.pool, tenant, evidence, ...(now && { now }) });
const later = () => new Date(Date.now() + 3_600_000);

async function asOwner<T>(tenant: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return postgres.asOwner(async (client) => {
    await client.query(`select set_config('sluice.tenant', $1, false)`, [tenant]);
    return work(client);
  });
}

/** Ten facts of four sealings: places 1 to 3, 4, 5 to 9 and 10. */
async function sealedTenant(): Promise<string> {
  const tenant = await newTenant();
  for (const subjects of [['a', 'b', 'a'], ['c'], ['d', 'e', 'f', 'a', 'g'], ['b']]) {
    await write(tenant, ...subjects.map((name) => `thing/${name}`));
    await seal(tenant);
  }
  return tenant;
}

describe('the audit chain', () => {
  it('holds every row once, with evidence of each sealing', async () => {
    const tenant = await sealedTenant();
    expect(await verify(tenant, later())).toEqual({ sealed: 10, evidence: 4 });
    expect(await seal(tenant)).toBe(0);
    expect(await verify(await newTenant())).toEqual({ sealed: 0, evidence: 0 });
  });

  it('gives a row that is committed late a later place, and misses none', async () => {
    const tenant = await newTenant();
    const early = openWrite(tenant, ['thing/early']);
    await early.written;
    await write(tenant, 'thing/late');
    expect(await seal(tenant)).toBe(1);
    await write(tenant, 'thing/later');
    expect(await seal(tenant)).toBe(1);
    await early.end(true);
    expect(await seal(tenant)).toBe(1);
    const order = await asOwner(tenant, (client) =>
      client.query('select subject from audit_seal s join audit a using (tenant_id, seq) order by position'),
    );
    expect(order.rows.map(({ subject }) => subject)).toEqual(['thing/late', 'thing/later', 'thing/early']);
    expect(await verify(tenant, later())).toEqual({ sealed: 3, evidence: 3 });
  });

  it('is followed to its end over many pages, a long sealing in parts', async () => {
    const tenant = await newTenant();
    await write(tenant, ...Array.from({ length: 1203 }, (_, n) => `thing/${n % 700}`));
    expect(await seal(tenant)).toBe(1203);
    for (let n = 0; n < 45; n++) {
      await write(tenant, `thing/${n}`);
      await seal(tenant);
    }
    expect(await verify(tenant, later())).toEqual({ sealed: 1248, evidence: 48 });
  });

  it('is whole after any history of writers that commit and roll back in any order while sealers run', async () => {
    const writer = fc.record({ facts: fc.integer({ min: 1, max: 3 }), commits: fc.boolean(), endsAfter: fc.integer({ min: 0, max: 3 }) });
    const history = fc.array(fc.record({ writers: fc.array(writer, { maxLength: 2 }), sealers: fc.integer({ min: 0, max: 2 }) }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const tenant = await newTenant();
        const open: { end(commit: boolean): Promise<void>; commits: boolean; at: number }[] = [];
        let committed = 0;
        for (const [round, { writers, sealers }] of rounds.entries()) {
          for (const { facts, commits, endsAfter } of writers) {
            // At most this many connections are held open at once.
            if (open.length === 4) await finish(open.shift());
            const write = openWrite(
              tenant,
              Array.from({ length: facts }, () => `thing/${randomUUID()}`),
            );
            await write.written;
            open.push({ ...write, commits, at: round + endsAfter });
            committed += commits ? facts : 0;
          }
          const due = open.filter(({ at }) => at <= round);
          for (const each of due) open.splice(open.indexOf(each), 1);
          await Promise.all([...due.map(finish), ...Array.from({ length: sealers }, () => seal(tenant))]);
        }
        await Promise.all(open.map(finish));
        await seal(tenant);
        const { sealed, finding } = await verify(tenant, later());
        expect(finding).toBeUndefined();
        const twice = await asOwner(tenant, (client) =>
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
    const [one, other] = [await sealedTenant(), await sealedTenant()];
    await asOwner(one, (client) => client.query(`update audit set principal = 'eve' where subject = 'thing/c'`));
    expect((await verify(one)).finding).toMatchObject({ kind: 'changed', position: 4 });
    expect(await verify(other)).toEqual({ sealed: 10, evidence: 4 });
  });

  it.each(['audit_seal', 'audit_segment', 'audit'])('leaves the application no way to change or remove a row of %s', async (table) => {
    const tenant = await sealedTenant();
    await postgres.pool.connection().execute(async (connection) => {
      await enterTenant(connection as never, tenant);
      for (const statement of [`update ${table} set tenant_id = tenant_id`, `delete from ${table}`, `truncate ${table}`])
        await expect(connection.executeQuery({ sql: statement, parameters: [] } as never)).rejects.toThrow(/permission denied/);
    });
  });
});

describe('who may read the audit', () => {
  const asked = (tenant: Awaited<ReturnType<TestPostgres['newTenant']>>, role: Role) => {
    const deps = { plane: watchingPlane(postgres), mongo: () => Promise.reject(new Error('no Mongo here')), evidence };
    const handler = serve(watchRoutes, watchHandlers(deps), { name: 'watch' }) as HttpHandler;
    return routeCaller(watchRoutes, () => handler, { tenant, roles: [role] });
  };

  it('sees who did what, newest first, by subject, action, principal and time', async () => {
    const tenant = await postgres.newTenant();
    await write(tenant.id, 'thing/a', 'thing/b', 'thing/a');
    await seal(tenant.id);
    await write(tenant.id, 'thing/c');
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
    const tenant = await postgres.newTenant();
    await write(tenant.id, ...Array.from({ length: 3 }, (_, n) => `thing/${n}`));
    await seal(tenant.id);
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
    await asOwner(tenant.id, (client) => client.query(`update audit set principal = 'eve' where subject = 'thing/1'`));
    const { body } = await ask('verifyAudit');
    expect(body).toMatchObject({ finding: { kind: 'changed', position: 2 }, head: { position: 1 } });
    expect(body.next).toBeUndefined();
    expect((await ask('verifyAudit', { query: { cursor: 'bm8' } })).status).toBe(400);
  });

  it.each(['viewer', 'scientist', 'operator'] as const)('is no %s', async (role) => {
    const ask = asked(await postgres.newTenant(), role);
    expect([(await ask('listAudit')).status, (await ask('verifyAudit')).status]).toEqual([403, 403]);
  });

  it('sees nothing of another tenant', async () => {
    await sealedTenant();
    const other = asked(await postgres.newTenant(), 'admin');
    expect((await other('listAudit')).body).toEqual({ items: [] });
    expect((await other('verifyAudit')).body).toMatchObject({ checked: { sealed: 0 }, finding: null });
  });
});

/** What somebody who has the owner's password may do. */
const TAMPERINGS: readonly { readonly what: string; readonly sql: string; readonly finding: object }[] = [
  { what: 'who did it', sql: `update audit set principal = 'eve' where seq = $5`, finding: { kind: 'changed', position: 5 } },
  { what: 'what was done', sql: `update audit set data = '{"n": 7}' where seq = $1`, finding: { kind: 'changed', position: 1 } },
  {
    what: 'a microsecond',
    sql: `update audit set at = at + interval '1 microsecond' where seq = $10`,
    finding: { kind: 'changed', position: 10 },
  },
  { what: 'a hash', sql: `update audit_seal set hash = repeat('0', 64) where position = 6`, finding: { kind: 'changed', position: 6 } },
  { what: 'a removed row', sql: `delete from audit where seq = $6`, finding: { kind: 'removed', position: 6 } },
  {
    what: 'a removed row and its place',
    sql: `with gone as (delete from audit where seq = $6) delete from audit_seal where position = 6`,
    finding: { kind: 'removed', position: 6 },
  },
  {
    what: 'a removed row, the places after it moved up',
    sql: `delete from audit where seq = $6; delete from audit_seal where position = 6;
          update audit_seal set position = position + 1000 where position > 6; update audit_seal set position = position - 1001 where position > 1000`,
    finding: { kind: 'removed', position: 6 },
  },
  {
    what: 'a row inserted among old ones',
    sql: `insert into audit (id, principal, principal_kind, action, subject, data, request_id, seq) overriding system value
          values (gen_random_uuid(), 'eve', 'user', 'thing.done.v1', 'thing/a', '{}', 'r', $1 - 1)`,
    finding: { kind: 'inserted', position: null },
  },
  {
    what: 'a row inserted of something that never was',
    sql: `insert into audit (id, principal, principal_kind, action, subject, data, request_id)
          values (gen_random_uuid(), 'eve', 'user', 'thing.done.v1', 'thing/forged', '{}', 'r')`,
    finding: { kind: 'inserted', position: null },
  },
  {
    what: 'a row inserted at the end',
    sql: `insert into audit (id, principal, principal_kind, action, subject, data, request_id)
          values (gen_random_uuid(), 'eve', 'user', 'thing.done.v1', 'thing/a', '{}', 'r')`,
    finding: { kind: 'inserted', position: null },
  },
  {
    what: 'two places exchanged',
    sql: `update audit_seal set seq = -1 where position = 5; update audit_seal set seq = $5 where position = 8; update audit_seal set seq = $8 where position = 5`,
    finding: { kind: 'reordered', position: 5 },
  },
  {
    what: 'two places exchanged with their hashes',
    sql: `update audit_seal set position = 50 where position = 5; update audit_seal set position = 5 where position = 8; update audit_seal set position = 8 where position = 50`,
    finding: { kind: 'reordered', position: 5 },
  },
  {
    what: 'the tail cut off',
    sql: `delete from audit where seq >= $9; delete from audit_seal where position >= 9`,
    finding: { kind: 'removed', position: 9 },
  },
  {
    what: 'the last sealing cut off with all that tells of it but the evidence',
    sql: `delete from audit where seq = $10; delete from audit_seal where position = 10; delete from audit_segment where number = 4;
          update aggregate_sequence set last = last - 1 where subject = 'thing/b'`,
    finding: { kind: 'removed', position: 10 },
  },
  {
    what: 'everything removed',
    sql: `delete from audit; delete from audit_seal; delete from audit_segment; delete from aggregate_sequence`,
    finding: { kind: 'removed', position: 1 },
  },
  { what: 'the record of a sealing removed', sql: `delete from audit_segment where number = 2`, finding: { kind: 'removed', position: 4 } },
  {
    what: 'rows removed before they were sealed',
    sql: `update aggregate_sequence set last = last + 1 where subject = 'thing/c'`,
    finding: { kind: 'unrecorded', position: null },
  },
];

describe('somebody with the password of the owner of the database', () => {
  it.each(TAMPERINGS)('is found out: $what', async ({ sql: statements, finding }) => {
    const tenant = await sealedTenant();
    await asOwner(tenant, async (client) => {
      const { rows } = await client.query('select position, seq from audit_seal order by position desc');
      // Highest first, so that $1 is not taken for the beginning of $10.
      const text = rows.reduce((sql: string, { position, seq }) => sql.replaceAll(`$${position}`, String(seq)), statements);
      await client.query(text);
    });
    figures.tamperings++;
    const found = (await verify(tenant)).finding;
    expect(found).toMatchObject(finding);
    figures.found++;
  });

  it('is found out by the evidence after making the whole chain anew', async () => {
    const tenant = await sealedTenant();
    await asOwner(tenant, (client) =>
      client.query(`update audit set principal = 'eve' where subject = 'thing/c'; delete from audit_seal; delete from audit_segment`),
    );
    // The rewritten history as one consistent chain, with the sealings of before.
    const sealing = postgresAuditSealing(postgres.pool);
    for (const rows of [3, 1, 5, 1]) {
      const segment = await sealing.seal(tenant, rows);
      if (segment) await sealing.kept(tenant, segment);
    }
    figures.tamperings++;
    expect((await verifyAuditChain({ pool: postgres.pool, tenant })).finding).toBeUndefined();
    expect((await verify(tenant)).finding).toMatchObject({ kind: 'evidence_differs', position: 4 });
    figures.found++;
  });

  it('is found out when the chain is made anew with other sealings', async () => {
    const tenant = await sealedTenant();
    await asOwner(tenant, (client) =>
      client.query(`update audit set principal = 'eve' where subject = 'thing/a'; delete from audit_seal; delete from audit_segment`),
    );
    const sealing = postgresAuditSealing(postgres.pool);
    await sealing.seal(tenant, 3);
    await seal(tenant);
    figures.tamperings++;
    expect((await verify(tenant)).finding).toMatchObject({ kind: 'evidence_differs', position: 1 });
    figures.found++;
  });

  it.each([
    {
      what: 'removed',
      tamper: (Key: string) => s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key })),
      kind: 'evidence_missing',
    },
    {
      what: 'replaced',
      tamper: (Key: string) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'nothing happened' })),
      kind: 'evidence_differs',
    },
  ])('is found out when evidence was $what where no lock forbids it', async ({ tamper, kind }) => {
    const tenant = await sealedTenant();
    await tamper(`tenants/${tenant}/audit/00000000000005-00000000000009.json`);
    figures.tamperings++;
    expect((await verify(tenant)).finding).toMatchObject({ kind, position: 5 });
    figures.found++;
  });
});

it('a row that nobody seals is told of after a quarter of an hour', async () => {
  const tenant = await newTenant();
  await write(tenant, 'thing/a');
  expect((await verify(tenant)).finding).toBeUndefined();
  expect((await verify(tenant, later())).finding).toMatchObject({ kind: 'unsealed' });
});

describe('a sealer that dies', () => {
  const POINTS = ['seal', 'notKept', 'contentOf', 'keep', 'kept'] as const;
  it.each(POINTS.flatMap((at) => ['before', 'after'].map((when) => ({ at, when }))))(
    '$when $at has lost nothing, and the next one keeps the same evidence',
    async ({ at, when }) => {
      const tenant = await newTenant();
      await write(tenant, 'thing/a', 'thing/b');
      const sealing = postgresAuditSealing(postgres.pool);
      const deps = { sealing: dying(sealing, at, when), evidence: dying(keeping, at, when) };
      await expect(sealAudit(deps, tenant)).rejects.toThrow('died');
      await write(tenant, 'thing/c');
      await Promise.all([seal(tenant), seal(tenant)]);
      figures['crash points']++;
      const verdict = await verify(tenant, later());
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
