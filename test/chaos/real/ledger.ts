import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A write that the API acknowledged to a tenant. */
export type Acknowledged = { readonly tenant: string } & (
  | { readonly kind: 'dataset_version'; readonly dataset: string; readonly number: number; readonly sha256: string }
  | { readonly kind: 'execution'; readonly id: string }
  | { readonly kind: 'decision'; readonly approval: string; readonly decision: string }
  | { readonly kind: 'batch'; readonly id: string; readonly rows: number }
  | { readonly kind: 'webhook'; readonly id: string }
  | { readonly kind: 'scans'; readonly run: string }
  | { readonly kind: 'prediction'; readonly id: string; readonly model: string }
  | { readonly kind: 'label'; readonly prediction: string; readonly value: boolean }
);

/** What the clients remember of what they were promised. Kept in a file, so that a run that is gone on with remembers it too. */
export interface Ledger {
  readonly entries: readonly Acknowledged[];
  add(entry: Acknowledged): void;
  of<Kind extends Acknowledged['kind']>(kind: Kind, tenant: string): readonly Extract<Acknowledged, { kind: Kind }>[];
}

export function fileLedger(path: string): Ledger {
  mkdirSync(dirname(path), { recursive: true });
  const kept = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const entries = kept.map((line) => JSON.parse(line) as Acknowledged);
  return {
    entries,
    add(entry) {
      // At once and not by and by: what is not in the file was never promised.
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
    },
    of: <Kind extends Acknowledged['kind']>(kind: Kind, tenant: string) =>
      entries.filter((entry) => entry.kind === kind && entry.tenant === tenant) as unknown as Extract<Acknowledged, { kind: Kind }>[],
  };
}
