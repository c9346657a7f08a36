import { canonicalJson } from '#core/kernel/index.ts';
import type { AuditRow } from './audit-row.ts';

/** In hexadecimal digits. */
export type Sha256 = (text: string) => string;

/** The end of a chain, or of the part of it that was looked at. */
export interface Head {
  readonly position: number;
  readonly hash: string;
}

/** A row's place in its tenant's chain. */
export interface Seal extends Head {
  readonly seq: number;
  /** The hash of the place before. */
  readonly previous: string;
}

/** Where every chain begins. */
export const BEGINNING: Head = { position: 0, hash: '0'.repeat(64) };

/** The hash of a row's place: SHA-256(hash of the place before ‖ canonical JSON of the row). */
export function linkHash(sha256: Sha256, previous: string, row: AuditRow): string {
  return sha256(previous + canonicalJson(row));
}

/** Places for rows that have none yet, after `head`, in the order given. */
export function extendChain(sha256: Sha256, head: Head, rows: readonly AuditRow[]): readonly Seal[] {
  const seals: Seal[] = [];
  let { position, hash: previous } = head;
  for (const row of rows) {
    position += 1;
    const hash = linkHash(sha256, previous, row);
    seals.push({ position, seq: row.seq, previous, hash });
    previous = hash;
  }
  return seals;
}
