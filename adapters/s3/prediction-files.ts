import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { hourPath } from '#core/serving/index.ts';
import { patiently } from './patiently.ts';

export interface LoggedFile {
  readonly key: string;
  readonly bytes: number;
}

export interface PredictionFiles {
  /** The files of a model's log with rows of the hours from `from` to `to`, whole hours in UTC, the last not included; by hour. */
  between(tenant: string, model: string, from: Date, to: Date): Promise<readonly LoggedFile[]>;
  /** The beginning of the newest event hour up to `latest` that the model has logged; undefined before its first prediction. */
  watermark(tenant: string, model: string, latest: Date): Promise<Date | undefined>;
  /** The months with rows, as `2001-04`. */
  months(tenant: string, model: string): Promise<ReadonlySet<string>>;
}

/** Year, month, day, hour. */
const DEPTH = 4;

/** Looks into the prediction log by the names of its files, which `planFiles` makes: `…/predictions/<model>/2001/04/01/13/<hash>.parquet`. */
export function s3PredictionFiles(client: Pick<S3Client, 'send'>, bucket: string): PredictionFiles {
  const list = (input: Omit<ConstructorParameters<typeof ListObjectsV2Command>[0], 'Bucket'>) =>
    patiently(() => client.send(new ListObjectsV2Command({ Bucket: bucket, ...input })));

  /** Every name below a folder that is a folder itself, rising. */
  async function foldersIn(prefix: string): Promise<readonly string[]> {
    const folders: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await list({ Prefix: prefix, Delimiter: '/', ContinuationToken: token });
      for (const { Prefix = '' } of page.CommonPrefixes ?? []) folders.push(Prefix.slice(prefix.length, -1));
      token = page.NextContinuationToken;
      if (!token) return folders.sort();
    }
  }

  return {
    async between(tenant, model, from, to) {
      const root = rootOf(tenant, model);
      const end = `${root}${hourPath(to)}`;
      const files: LoggedFile[] = [];
      for (let token: string | undefined; ; ) {
        // The hour without its slash comes before every file of the hour, so names rise as time does.
        const page = await list({ Prefix: root, StartAfter: `${root}${hourPath(from)}`, ContinuationToken: token });
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          if (Key >= end) return files;
          files.push({ key: Key, bytes: Size });
        }
        token = page.NextContinuationToken;
        if (!token) return files;
      }
    },

    async watermark(tenant, model, latest) {
      const root = rootOf(tenant, model);
      const bound = hourPath(latest);
      async function newestIn(path: string, depth: number): Promise<string | undefined> {
        if (depth === DEPTH) return path;
        const folders = await foldersIn(`${root}${path}`);
        // A folder that begins as the bound does may hold nothing up to it; then the one before is asked.
        for (const folder of folders.toReversed()) {
          const below = `${path}${folder}`;
          if (below > bound.slice(0, below.length)) continue;
          const newest = await newestIn(`${below}/`, depth + 1);
          if (newest !== undefined) return newest;
        }
        return undefined;
      }
      const newest = await newestIn('', 0);
      const [year = '', month, day, hour] = newest?.split('/') ?? [];
      return newest === undefined ? undefined : new Date(`${year}-${month}-${day}T${hour}:00:00Z`);
    },

    async months(tenant, model) {
      const root = rootOf(tenant, model);
      const years = await foldersIn(root);
      const months = await Promise.all(years.map(async (year) => (await foldersIn(`${root}${year}/`)).map((month) => `${year}-${month}`)));
      return new Set(months.flat());
    },
  };
}

function rootOf(tenant: string, model: string): string {
  return `tenants/${tenant}/predictions/${model}/`;
}
