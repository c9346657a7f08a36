import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { type ApiStand, BUCKET } from '../support/api-stand.ts';

/** Everything that the stores keep of a tenant, by where it is, byte for byte. */
export async function rowsOf(stand: ApiStand, tenant: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = new Map<string, readonly string[]>();
  const keep = (place: string, found: readonly string[]) => void rows.set(place, [...found].sort());
  await stand.postgres.asOwnerIn(tenant, async (client) => {
    const tables =
      await client.query(`select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`);
    for (const { name } of tables.rows) {
      const { rows: found } = await client.query(
        `select to_jsonb(t)::text as row from ${client.escapeIdentifier(name)} t where tenant_id = $1`,
        [tenant],
      );
      keep(
        `postgres/${name}`,
        found.map(({ row }) => row),
      );
    }
  });
  const db = await stand.mongoOf();
  for (const { name } of await db.listCollections().toArray()) {
    const found = await db
      .collection(name)
      .find({ _id: { $regex: `^${tenant}:` } as never })
      .toArray();
    keep(
      `mongo/${name}`,
      found.map((document) => JSON.stringify(document)),
    );
  }
  const objects: string[] = [];
  for (let token: string | undefined; ; ) {
    const page = await stand.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `tenants/${tenant}/`, ContinuationToken: token }));
    for (const { Key, ETag, LastModified } of page.Contents ?? []) objects.push(`${Key} ${ETag} ${LastModified?.toISOString()}`);
    token = page.NextContinuationToken;
    if (!token) break;
  }
  keep('s3', objects);
  for (const TableName of ['membership', 'routing', 'bell']) {
    const { Items = [] } = await stand.dynamo.send(new ScanCommand({ TableName, ConsistentRead: true }));
    const mine = Items.filter(({ pk, sk, tenant: of }) => [pk?.S, sk?.S, of?.S].includes(tenant));
    keep(
      `dynamodb/${TableName}`,
      mine.map((item) => JSON.stringify(Object.entries(item).sort())),
    );
  }
  return rows;
}

/** The ids and hashes in a tenant's rows, but those of the tenant's fixtures, which look alike everywhere. */
export function idsIn(rows: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = [...rows.values()].flat().flatMap((row) => [...row.matchAll(/"[a-z_]*(?:id|sha256|hash)": ?"([0-9a-f-]{32,64})"/g)]);
  return new Set(found.map(([, id]) => id ?? '').filter((id) => !/^(.)\1+$/.test(id)));
}
