import type { Context } from '#core/kernel/index.ts';
import { checkLinks, type SealedRow } from './check-links.ts';
import type { Finding } from './finding.ts';
import { BEGINNING, type Head, type Sha256 } from './link.ts';
import type { AuditPages, Evidence, OddRow } from './ports.ts';
import { compareEvidence, evidenceFolder, evidenceKey, evidenceText, placesOf, type Segment } from './segment.ts';

/** How far a verification has come: along the chain, then through the rows, then through the subjects. */
export type VerifyFrom =
  | { readonly phase: 'chain'; readonly segment: number; readonly position: number; readonly hash: string }
  | { readonly phase: 'rows'; readonly seq: number }
  | { readonly phase: 'facts'; readonly subject: string };

export interface Verification {
  /** What was looked at by this call. */
  readonly checked: { readonly sealed: number; readonly evidence: number };
  /** The end of the chain as far as it was followed. */
  readonly head?: Head;
  /** The first thing that is wrong; nothing after it is looked at. */
  readonly finding?: Finding;
  /** Where the next call goes on; absent when everything was looked at or something was found. */
  readonly next?: VerifyFrom;
}

export interface Verifying {
  readonly pages: AuditPages;
  /** Without it the chain is only compared with itself. */
  readonly evidence?: Evidence | undefined;
  readonly sha256: Sha256;
}

const FROM_THE_BEGINNING: VerifyFrom = { phase: 'chain', segment: 0, ...BEGINNING };
/** Objects read at once. */
const SEGMENTS_AT_ONCE = 40;
const PLACES_AT_ONCE = 4000;
const ROWS_AT_ONCE = 20_000;
const SUBJECTS_AT_ONCE = 500;
/** Longer than a sealing takes that a broken store has held up for a sweep or two. */
const SEALED_WITHIN_MS = 15 * 60_000;

const NOTHING = { sealed: 0, evidence: 0 };

/** One part of a verification, of bounded work. Reads only. */
export async function verifyAudit(verifying: Verifying, ctx: Context, from: VerifyFrom = FROM_THE_BEGINNING): Promise<Verification> {
  if (from.phase === 'chain') return verifyChain(verifying, ctx, from);
  if (from.phase === 'rows') return verifyRows(verifying, ctx, from.seq);
  return verifyFacts(verifying, from.subject);
}

async function verifyChain(
  verifying: Verifying,
  ctx: Context,
  from: Extract<VerifyFrom, { readonly phase: 'chain' }>,
): Promise<Verification> {
  const { pages, evidence, sha256 } = verifying;
  const segments = aPageOf(await pages.segments(from.segment, SEGMENTS_AT_ONCE));
  const last = segments.at(-1);
  if (!last) return endOfChain(verifying, ctx, from);
  const places = await pages.places(from.position + 1, last.last);
  const { head, finding: broken } = checkLinks(sha256, from, places);
  const hashes = new Map(places.map(({ seal }) => [seal.position, seal.hash]));
  const findings = [broken, checkSegments(from, segments, hashes), await checkEvidence({ evidence, ctx, from, segments, places })];
  const finding = earliest(findings);
  const checked = { sealed: places.length, evidence: evidence ? segments.length : 0 };
  if (finding) return { checked, head, finding };
  return { checked, head, next: { phase: 'chain', segment: last.number, position: last.last, hash: last.hash } };
}

/** As many of the segments as have not too many rows together; at least one. */
function aPageOf(segments: readonly Segment[]): readonly Segment[] {
  const [first] = segments;
  return segments.filter((segment) => segment === first || segment.last - (first?.first ?? 0) < PLACES_AT_ONCE);
}

/** Whether the segments are those of the places: numbered without gaps, one after the other, each with the hash of its last place. */
function checkSegments(
  from: Head & { readonly segment: number },
  segments: readonly Segment[],
  hashes: ReadonlyMap<number, string>,
): Finding | undefined {
  let { segment: number, position } = from;
  for (const segment of segments) {
    number += 1;
    if (segment.number !== number || segment.first !== position + 1)
      return { kind: 'removed', position: position + 1, reason: `the record of sealing ${number}, which began here, is gone` };
    if (!hashes.has(segment.last))
      return { kind: 'removed', position: segment.last, reason: `sealing ${number} ended with place ${segment.last}, which is gone` };
    if (hashes.get(segment.last) !== segment.hash)
      return {
        kind: 'changed',
        position: segment.last,
        reason: `sealing ${number} ended with another hash than place ${segment.last} has`,
      };
    position = segment.last;
  }
  return undefined;
}

interface WithEvidence {
  readonly evidence: Evidence | undefined;
  readonly ctx: Context;
  readonly from: Head;
  readonly segments: readonly Segment[];
  readonly places: readonly SealedRow[];
}

/** Whether each segment's object is there and says the same, and no object tells of other segments. */
async function checkEvidence({ evidence, ctx, from, segments, places }: WithEvidence): Promise<Finding | undefined> {
  if (!evidence) return undefined;
  const { tenant } = ctx;
  const [keys, kept] = await Promise.all([
    evidence.after(evidenceFolder(tenant), keyOfPlace(tenant, from.position), segments.length + 1),
    Promise.all(segments.map((segment) => evidence.read(evidenceKey(tenant, segment)))),
  ]);
  const last = segments.at(-1)?.last ?? 0;
  const expected = new Set(segments.map((segment) => evidenceKey(tenant, segment)));
  const stranger = keys.find((key) => !expected.has(key) && (placesOf(key)?.first ?? 0) <= last);
  const findings: (Finding | undefined)[] = stranger
    ? [
        {
          kind: 'evidence_differs',
          position: placesOf(stranger)?.first ?? null,
          reason: `there is evidence of a sealing that the database does not know: ${stranger}`,
        },
      ]
    : [];
  let previous = from.hash;
  for (const [index, segment] of segments.entries()) {
    const text = kept[index];
    const rows = places.flatMap(({ seal, row }) => (seal.position >= segment.first && seal.position <= segment.last && row ? [row] : []));
    if (text !== undefined) findings.push(compareEvidence(text, evidenceText(tenant, segment, previous, rows), segment));
    else if (segment.keptAt || isOld(segment.sealedAt, ctx))
      findings.push({
        kind: 'evidence_missing',
        position: segment.first,
        reason: `there is no evidence of places ${segment.first} to ${segment.last}, sealed at ${segment.sealedAt.toISOString()}`,
      });
    previous = segment.hash;
  }
  return earliest(findings);
}

/** Nothing may come after the last segment: no place, and no evidence of one. */
async function endOfChain(
  { pages, evidence }: Verifying,
  { tenant }: Context,
  from: Extract<VerifyFrom, { readonly phase: 'chain' }>,
): Promise<Verification> {
  const { position, hash } = from;
  const beyond = await evidence?.after(evidenceFolder(tenant), keyOfPlace(tenant, position), 1);
  const [extra] = await pages.places(position + 1, position + 1);
  const [key] = beyond ?? [];
  const end = { checked: NOTHING, head: { position, hash } };
  if (!key && !extra) return { ...end, next: { phase: 'rows', seq: 0 } };
  // Sealed while we looked: a segment is committed with its places and before its evidence.
  if ((await pages.segments(from.segment, 1)).length > 0) return { ...end, next: from };
  const reason = key
    ? `there is evidence of a sealing that the database does not have any more: ${key}`
    : `there is a place ${position + 1}, and no record of its sealing`;
  return { ...end, finding: { kind: key ? 'removed' : 'inserted', position: position + 1, reason } };
}

/** Sorts after all objects that begin at this place or before, and before all that begin later. */
function keyOfPlace(tenant: string, position: number): string {
  return evidenceKey(tenant, { first: position, last: position }).replace(/-\d+\.json$/, '~');
}

async function verifyRows({ pages }: Verifying, { now }: Context, seq: number): Promise<Verification> {
  const { through, odd } = await pages.oddRow(seq, ROWS_AT_ONCE, new Date(now.getTime() - SEALED_WITHIN_MS));
  if (odd) return { checked: NOTHING, finding: oddRowFinding(odd) };
  return { checked: NOTHING, next: through === undefined ? { phase: 'facts', subject: '' } : { phase: 'rows', seq: through } };
}

function oddRowFinding({ id, action, subject, late, counted }: OddRow): Finding {
  const row = `the row ${id} (${action} of ${subject})`;
  if (!counted) return { kind: 'inserted', position: null, reason: `${row} is there, and no fact of its subject was ever recorded` };
  if (late) return { kind: 'inserted', position: null, reason: `${row} has no place, and stands before rows that were sealed long ago` };
  return { kind: 'unsealed', position: null, reason: `${row} waits to be sealed since more than ${SEALED_WITHIN_MS / 60_000} minutes` };
}

async function verifyFacts({ pages }: Verifying, after: string): Promise<Verification> {
  const { through, odd } = await pages.oddSubject(after, SUBJECTS_AT_ONCE);
  if (odd) {
    const reason = `${odd.facts} facts were recorded of ${odd.subject}, and ${odd.rows} have an audit row`;
    return { checked: NOTHING, finding: { kind: odd.rows < odd.facts ? 'unrecorded' : 'inserted', position: null, reason } };
  }
  return through === undefined ? { checked: NOTHING } : { checked: NOTHING, next: { phase: 'facts', subject: through } };
}

function isOld(at: Date, { now }: Context): boolean {
  return now.getTime() - at.getTime() > SEALED_WITHIN_MS;
}

function earliest(findings: readonly (Finding | undefined)[]): Finding | undefined {
  const found = findings.filter((finding) => finding !== undefined);
  return found.toSorted((one, other) => (one.position ?? 0) - (other.position ?? 0))[0];
}
