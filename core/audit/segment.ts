import { canonicalJson } from '#core/kernel/index.ts';
import type { AuditRow } from './audit-row.ts';
import type { Finding } from './finding.ts';

/** What one sealing sealed: a run of places. */
export interface Segment {
  /** From 1, without gaps. */
  readonly number: number;
  readonly first: number;
  readonly last: number;
  /** Of its last place. */
  readonly hash: string;
  readonly sealedAt: Date;
  /** Null until its evidence is known to be there. */
  readonly keptAt: Date | null;
}

/** Keys sort as places do. */
const DIGITS = 14;

/** Where a tenant's evidence is; keys rise as places do. */
export function evidenceFolder(tenant: string): string {
  return `tenants/${tenant}/audit/`;
}

export function evidenceKey(tenant: string, { first, last }: Pick<Segment, 'first' | 'last'>): string {
  return `${evidenceFolder(tenant)}${padded(first)}-${padded(last)}.json`;
}

/** The places that an object of evidence holds; undefined for a key that is none of ours. */
export function placesOf(key: string): Pick<Segment, 'first' | 'last'> | undefined {
  const [, first, last] = /\/(\d+)-(\d+)\.json$/.exec(key) ?? [];
  return first && last ? { first: Number(first), last: Number(last) } : undefined;
}

/** Everything that is needed to follow this part of the chain without the database. The same bytes whenever it is written. */
export function evidenceText(
  tenant: string,
  { first, last, hash }: Pick<Segment, 'first' | 'last' | 'hash'>,
  previous: string,
  rows: readonly AuditRow[],
): string {
  return `${canonicalJson({ version: 1, tenant, first, last, previous, hash, rows })}\n`;
}

/** Names the first place where the evidence and the database tell different stories. */
export function compareEvidence(kept: string, expected: string, { first, last }: Pick<Segment, 'first' | 'last'>): Finding | undefined {
  if (kept === expected) return undefined;
  const [keptRows, rows] = [rowsOf(kept), rowsOf(expected)];
  const index = Math.max(
    0,
    [...rows, null].findIndex((row, at) => canonicalJson(row) !== canonicalJson(keptRows[at] ?? null)),
  );
  const position = first + index;
  const reason = `the evidence of places ${first} to ${last} does not hold what the database has at place ${position}`;
  return { kind: 'evidence_differs', position, reason };
}

function rowsOf(text: string): readonly unknown[] {
  try {
    const { rows } = JSON.parse(text) as { readonly rows?: unknown };
    return Array.isArray(rows) ? rows : [];
  } catch {
    return [];
  }
}

function padded(position: number): string {
  return String(position).padStart(DIGITS, '0');
}
