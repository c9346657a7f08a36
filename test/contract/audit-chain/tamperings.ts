import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { postgresAuditSealing } from '#adapters/postgres/audit-sealing.ts';
import { verifyAuditChain } from '../../support/audit.ts';
import type { AuditStand } from '../../support/audit-stand.ts';

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

/** Each has to be named by who verifies the chain. */
export function tamperings(stand: () => AuditStand, figures: { tamperings: number; found: number }): void {
  describe('somebody with the password of the owner of the database', () => {
    it.each(TAMPERINGS)('is found out: $what', async ({ sql: statements, finding }) => {
      const tenant = await stand().sealedTenant();
      await stand().postgres.asOwnerIn(tenant, async (client) => {
        const { rows } = await client.query('select position, seq from audit_seal order by position desc');
        // Highest first, so that $1 is not taken for the beginning of $10.
        const text = rows.reduce((sql: string, { position, seq }) => sql.replaceAll(`$${position}`, String(seq)), statements);
        await client.query(text);
      });
      figures.tamperings++;
      const found = (await stand().verify(tenant)).finding;
      expect(found).toMatchObject(finding);
      figures.found++;
    });

    it('is found out by the evidence after making the whole chain anew', async () => {
      const tenant = await stand().sealedTenant();
      await stand().postgres.asOwnerIn(tenant, (client) =>
        client.query(`update audit set principal = 'eve' where subject = 'thing/c'; delete from audit_seal; delete from audit_segment`),
      );
      // The rewritten history as one consistent chain, with the sealings of before.
      const sealing = postgresAuditSealing(stand().postgres.pool);
      for (const rows of [3, 1, 5, 1]) {
        const segment = await sealing.seal(tenant, rows);
        if (segment) await sealing.kept(tenant, segment);
      }
      figures.tamperings++;
      expect((await verifyAuditChain({ pool: stand().postgres.pool, tenant })).finding).toBeUndefined();
      expect((await stand().verify(tenant)).finding).toMatchObject({ kind: 'evidence_differs', position: 4 });
      figures.found++;
    });

    it('is found out when the chain is made anew with other sealings', async () => {
      const tenant = await stand().sealedTenant();
      await stand().postgres.asOwnerIn(tenant, (client) =>
        client.query(`update audit set principal = 'eve' where subject = 'thing/a'; delete from audit_seal; delete from audit_segment`),
      );
      const sealing = postgresAuditSealing(stand().postgres.pool);
      await sealing.seal(tenant, 3);
      await stand().seal(tenant);
      figures.tamperings++;
      expect((await stand().verify(tenant)).finding).toMatchObject({ kind: 'evidence_differs', position: 1 });
      figures.found++;
    });

    it.each([
      {
        what: 'removed',
        tamper: (Key: string) => stand().s3.send(new DeleteObjectCommand({ Bucket: stand().bucket, Key })),
        kind: 'evidence_missing',
      },
      {
        what: 'replaced',
        tamper: (Key: string) => stand().s3.send(new PutObjectCommand({ Bucket: stand().bucket, Key, Body: 'nothing happened' })),
        kind: 'evidence_differs',
      },
    ])('is found out when evidence was $what where no lock forbids it', async ({ tamper, kind }) => {
      const tenant = await stand().sealedTenant();
      await tamper(`tenants/${tenant}/audit/00000000000005-00000000000009.json`);
      figures.tamperings++;
      expect((await stand().verify(tenant)).finding).toMatchObject({ kind, position: 5 });
      figures.found++;
    });
  });
}
