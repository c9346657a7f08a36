import { randomUUID } from 'node:crypto';
import { CopyObjectCommand, DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Finding } from '../invariants/finding.ts';
import type { TenantIds } from './acknowledged.ts';
import { lasting } from './lasting.ts';
import type { Ledger } from './ledger.ts';
import type { Stores } from './stores.ts';

interface Planted {
  readonly name: string;
  /** As what it has to be found. */
  readonly sort: Finding['sort'];
  /** Puts the defect there; what it returns takes it away again. */
  readonly plant: () => Promise<() => Promise<unknown>>;
}

/** Whether the invariants see what they are there for: each defect is planted in the real stores, has to be found, and is taken away. */
export async function plantedAreFound(
  { query, mongo, s3, bucket }: Stores,
  ledger: Ledger,
  { id: tenant, slug }: TenantIds,
  check: (ledger: Ledger) => Promise<readonly Finding[]>,
): Promise<readonly string[]> {
  const before = await lasting(() => check(ledger));
  if (before.length > 0) throw new Error(`defects are planted where nothing is broken, but ${before[0]?.what}`);
  const [prediction] = ledger.of('prediction', slug);
  if (!prediction) throw new Error('nothing was predicted');
  let promised: Ledger = ledger;
  const planted: readonly Planted[] = [
    {
      name: 'a message that is gone',
      sort: 'lost',
      async plant() {
        const [row] = await query(
          `delete from outbox where id = (select id from outbox where tenant_id = $1 and published_at is not null order by id limit 1) returning *`,
          [tenant],
        );
        return () => putBack(query, 'outbox', row ?? {});
      },
    },
    {
      name: 'an audit row that says something else',
      sort: 'wrong',
      async plant() {
        const [row] = await query(
          `update audit set request_id = request_id || '-' where tenant_id = $1 and seq = (select min(seq) from audit_seal where tenant_id = $1)
           returning seq`,
          [tenant],
        );
        if (!row) throw new Error('nothing is sealed');
        return () => query(`update audit set request_id = rtrim(request_id, '-') where tenant_id = $1 and seq = $2`, [tenant, row['seq']]);
      },
    },
    {
      name: 'a message that was not published',
      sort: 'stuck',
      async plant() {
        const [row] = await query(
          'update outbox set published_at = null where id = (select id from outbox where tenant_id = $1 order by id limit 1) returning id',
          [tenant],
        );
        return () => query('update outbox set published_at = now() where id = $1', [row?.['id']]);
      },
    },
    {
      name: 'a scan that never ends',
      sort: 'stuck',
      async plant() {
        const [row] = await query(
          `update scan set status = 'running' where id = (select id from scan where tenant_id = $1 and status = 'succeeded' limit 1) returning id`,
          [tenant],
        );
        if (!row) throw new Error('nothing was scanned');
        return () => query(`update scan set status = 'succeeded' where id = $1`, [row['id']]);
      },
    },
    {
      name: 'an acknowledged prediction that the look-up forgot',
      sort: 'lost',
      async plant() {
        const predictions = mongo.collection<{ _id: string }>('predictions');
        const document = await predictions.findOneAndDelete({ _id: `${tenant}:${prediction.id}` });
        if (!document) throw new Error(`the prediction ${prediction.id} was not there`);
        return () => predictions.insertOne(document);
      },
    },
    {
      name: 'a file of the log that is there twice',
      sort: 'duplicated',
      async plant() {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `tenants/${tenant}/predictions/` }));
        const key = Contents.find(({ Key }) => Key?.endsWith('.parquet'))?.Key ?? '';
        const copy = key.replace(/\.parquet$/, '-again.parquet');
        await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: copy, CopySource: `${bucket}/${key}` }));
        return () => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: copy }));
      },
    },
    {
      name: 'an acknowledged execution that is not there',
      sort: 'lost',
      async plant() {
        const entry = { kind: 'execution', tenant: slug, id: randomUUID() } as const;
        const of: Ledger['of'] = (kind, of) => [...ledger.of(kind, of), ...(kind === entry.kind && of === slug ? [entry as never] : [])];
        promised = { ...ledger, of };
        return async () => {
          promised = ledger;
        };
      },
    },
  ];
  const unseen: string[] = [];
  for (const { name, sort, plant } of planted) {
    const takeAway = await plant();
    try {
      if (!(await check(promised)).some((finding) => finding.sort === sort)) unseen.push(name);
    } finally {
      await takeAway();
    }
  }
  const after = await lasting(() => check(ledger));
  if (after.length > 0) throw new Error(`a planted defect is still there: ${after[0]?.what}`);
  return unseen.length === 0
    ? planted.map(({ name }) => name)
    : Promise.reject(new Error(`not found by the invariants: ${unseen.join(', ')}`));
}

async function putBack(query: Stores['query'], table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(row);
  const values = names.map((name) => (name === 'data' ? JSON.stringify(row[name]) : row[name]));
  await query(`insert into ${table} (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`, values);
}
