import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, ListObjectsV2Command, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import type { Region } from '../../local/region.ts';
import type { DeployedApp } from '../../setup/deployed-app.ts';

/** By table, collection or bucket: what says of each row, document or object which it is. */
export type Kept = ReadonlyMap<string, ReadonlySet<string>>;

/** Messages that were carried out are removed when they are old; files of the prediction log are noted only while they are written. */
const PASSING = ['postgres outbox', 'mongo prediction_files'];

/** Everything that Postgres, Mongo and S3 keep of the app, as who sees every tenant. @param folder the region's data */
export async function everythingKept(folder: string, region: Region, app: DeployedApp): Promise<Kept> {
  return new Map([...(await rowsKept(folder, region)), ...(await documentsKept(region)), ...(await objectsKept(app))]);
}

/** What was there before and is not now. */
export function lost(before: Kept, after: Kept): readonly string[] {
  return [...before]
    .filter(([place]) => !PASSING.includes(place))
    .flatMap(([place, kept]) => [...kept].filter((each) => !after.get(place)?.has(each)).map((each) => `${place}: ${each}`));
}

/** A planted loss in each of the three stores. */
export async function loseOneOfEach(folder: string, region: Region, { aws, outputs: { DataBucketName } }: DeployedApp): Promise<void> {
  await asSuperuser(folder, region, (client) =>
    client.query('delete from idempotency where ctid = (select ctid from idempotency where expires_at > now() limit 1)'),
  );
  const mongo = new MongoClient(region.mongo.uri);
  await mongo.db(region.mongo.database).collection('calls').deleteOne({});
  await mongo.close();
  const s3 = new S3Client({ ...aws, forcePathStyle: true });
  const { Contents: [object] = [] } = await s3.send(new ListObjectsV2Command({ Bucket: DataBucketName, MaxKeys: 1 }));
  await s3.send(new DeleteObjectCommand({ Bucket: DataBucketName, Key: object?.Key }));
  s3.destroy();
}

export const sizeOf = (kept: Kept, store: 'postgres' | 'mongo' | 's3'): number =>
  [...kept].filter(([place]) => place.startsWith(`${store} `)).reduce((sum, [, { size }]) => sum + size, 0);

function rowsKept(folder: string, region: Region): Promise<Kept> {
  return asSuperuser(folder, region, async (client) => {
    const { rows: tables } = await client.query<{ name: string; key: string[] }>(
      `select c.relname as name, array_agg(a.attname::text order by a.attnum) as key
         from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
         join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by c.relname order by c.relname`,
    );
    const kept = new Map<string, ReadonlySet<string>>();
    for (const { name, key } of tables) {
      const columns = key.map((column) => client.escapeIdentifier(column)).join(', ');
      const { rows } = await client.query<{ key: string }>(`select row(${columns})::text as key from ${client.escapeIdentifier(name)}`);
      kept.set(`postgres ${name}`, new Set(rows.map((row) => row.key)));
    }
    return kept;
  });
}

/** As whom no row-level security binds. @param folder the region's data, where it keeps the password */
export async function asSuperuser<T>(
  folder: string,
  { postgres: { host, port, database } }: Region,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const password = (await readFile(join(folder, 'postgres-password'), 'utf8')).trim();
  const client = new pg.Client({ host, port, database, user: 'postgres', password });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function documentsKept({ mongo: { uri, database } }: Region): Promise<Kept> {
  const client = new MongoClient(uri);
  try {
    const kept = new Map<string, ReadonlySet<string>>();
    for (const { collectionName } of await client.db(database).collections()) {
      const documents = await client
        .db(database)
        .collection(collectionName)
        .find({}, { projection: { _id: 1 } })
        .toArray();
      kept.set(`mongo ${collectionName}`, new Set(documents.map(({ _id }) => String(_id))));
    }
    return kept;
  } finally {
    await client.close();
  }
}

/** Each with the hash of its content. */
async function objectsKept({ aws, outputs: { DataBucketName } }: DeployedApp): Promise<Kept> {
  const client = new S3Client({ ...aws, forcePathStyle: true });
  const kept = new Set<string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: DataBucketName }))
    for (const { Key, ETag } of Contents) kept.add(`${Key} ${ETag}`);
  client.destroy();
  return new Map([['s3 data', kept]]);
}
