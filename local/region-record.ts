import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresAddress } from './engines/postgres.ts';

export interface Ports {
  readonly edge: number;
  readonly aws: number;
  readonly postgres: number;
  readonly mongo: number;
  readonly sagemaker: number;
}

/** A region that serves: what others need to reach it. */
export interface Region {
  /** The supervisor's process id. */
  readonly pid: number;
  readonly ports: Ports;
  /** `AWS_ENDPOINT_URL` for everything that speaks to AWS. */
  readonly endpoint: string;
  /** The stable base URL of the deployed HTTP API. */
  readonly edgeUrl: string;
  readonly postgres: PostgresAddress;
  readonly mongo: { readonly uri: string; readonly database: string };
  /** Process ids of the engines' guards. */
  readonly engines: Readonly<Record<string, number>>;
}

/** What `region.json` says; the ports stay remembered when the region is down, so that addresses outlive a restart. */
export type RegionRecord =
  | { readonly state: 'starting'; readonly pid: number; readonly ports: Ports }
  | ({ readonly state: 'ready' } & Region)
  | { readonly state: 'down'; readonly ports: Ports; readonly reason?: string };

/** The data of the region that belongs to the clone at `root`. */
export const regionFolder = (root: string): string => join(root, '.sluice', 'region');

const recordFile = (folder: string): string => join(folder, 'region.json');

export async function readRecord(folder: string): Promise<RegionRecord | undefined> {
  const text = await readFile(recordFile(folder), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as RegionRecord);
}

/** Replaces the record in one step: a reader never sees half of it. It holds the database's password, so only its owner may read it. */
export async function writeRecord(folder: string, record: RegionRecord): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = `${recordFile(folder)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, recordFile(folder));
}
