import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Finding } from '../invariants/finding.ts';
import type { TenantIds } from './acknowledged.ts';
import type { Ledger } from './ledger.ts';
import type { Stores } from './stores.ts';

const AT_ONCE = 8;

/** Every answered prediction is once in the archive's files and can be looked up, and every label that was taken is kept. */
export function predictionsLogged({ s3, bucket, mongo }: Stores, ledger: Ledger, folder: string) {
  /** Files are never written again, so what was fetched once is known. */
  const fetched = new Map<string, string>();

  async function archived(tenant: string): Promise<ReadonlyMap<string, number>> {
    const prefix = `tenants/${tenant}/predictions/`;
    const keys: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
      keys.push(...(page.Contents ?? []).flatMap(({ Key = '' }) => (Key.endsWith('.parquet') ? [Key] : [])));
      token = page.NextContinuationToken;
      if (!token) break;
    }
    const missing = keys.filter((key) => !fetched.has(key));
    await mkdir(folder, { recursive: true });
    const fetchNext = async () => {
      for (let key = missing.pop(); key !== undefined; key = missing.pop()) {
        const file = join(folder, key.replaceAll('/', '~'));
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        await pipeline(Body as Readable, createWriteStream(file));
        fetched.set(key, file);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, fetchNext));
    return keys.length === 0 ? new Map() : idsOf(keys.map((key) => fetched.get(key) as string));
  }

  return async (tenants: readonly TenantIds[]): Promise<readonly Finding[]> => {
    const found: Finding[] = [];
    for (const { slug, id } of tenants) {
      const inFiles = await archived(id);
      const looked = new Set(
        (
          await mongo
            .collection('predictions')
            .find({ tenant: id }, { projection: { _id: 1 } })
            .toArray()
        ).map(ownId),
      );
      const labels = new Map((await mongo.collection('labels').find({ tenant: id }).toArray()).map((each) => [ownId(each), each['value']]));
      // One that owns no row was left by a delivery whose messages came again in other company; a later one closes it.
      const files = await mongo
        .collection('prediction_files')
        .find({ tenant: id }, { projection: { _id: 1 } })
        .toArray();
      const open = await mongo.collection('predictions').distinct('file', { tenant: id, file: { $in: files.map(ownId) } });
      if (open.length > 0) found.push({ sort: 'stuck', what: `${open.length} files of the log of ${slug} are still being written` });
      for (const [prediction, times] of inFiles)
        if (times > 1) found.push({ sort: 'duplicated', what: `prediction ${prediction} of ${slug} is in the log ${times} times` });
      for (const { id: prediction } of ledger.of('prediction', slug)) {
        if (!inFiles.has(prediction))
          found.push({ sort: 'lost', what: `prediction ${prediction} of ${slug} was answered and is not in the log` });
        if (!looked.has(prediction))
          found.push({ sort: 'lost', what: `prediction ${prediction} of ${slug} was answered and is not found` });
      }
      for (const { prediction, value } of ledger.of('label', slug))
        if (labels.get(prediction) !== value)
          found.push({
            sort: 'lost',
            what: `the truth of ${prediction} of ${slug} was taken as ${value} and is ${labels.get(prediction)}`,
          });
    }
    return found;
  };
}

function ownId({ _id }: { readonly _id: unknown }): string {
  const stored = String(_id);
  return stored.slice(stored.indexOf(':') + 1);
}

async function idsOf(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  try {
    const list = files.map((file) => `'${file}'`).join(', ');
    const rows = await connection.runAndReadAll(
      `select id::varchar as id, count(*)::int as n from read_parquet([${list}], union_by_name = true) group by id`,
    );
    return new Map(rows.getRowObjectsJson().map(({ id, n }) => [String(id), Number(n)]));
  } finally {
    connection.closeSync();
  }
}
