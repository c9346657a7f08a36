import type { AuditRow } from './audit-row.ts';
import type { Finding } from './finding.ts';
import { type Head, linkHash, type Seal, type Sha256 } from './link.ts';

/** A place and the row that is said to have it; undefined where the row is gone. */
export interface SealedRow {
  readonly seal: Seal;
  readonly row: AuditRow | undefined;
}

/** Follows the chain from `head` through places in rising order, to its end or to the first place that does not hold. */
export function checkLinks(sha256: Sha256, from: Head, places: readonly SealedRow[]): { readonly head: Head; readonly finding?: Finding } {
  let head = from;
  for (const [index, place] of places.entries()) {
    const finding = checkPlace(sha256, head, places, index);
    if (finding) return { head, finding };
    head = { position: place.seal.position, hash: place.seal.hash };
  }
  return { head };
}

function checkPlace(sha256: Sha256, head: Head, places: readonly SealedRow[], index: number): Finding | undefined {
  const { seal, row } = places[index] as SealedRow;
  const position = head.position + 1;
  if (seal.position !== position) return gone(position, `after place ${head.position} comes ${seal.position}`);
  if (seal.previous !== head.hash) return disconnected(sha256, head, places, index);
  if (!row) return gone(position, 'its row is gone');
  if (linkHash(sha256, head.hash, row) === seal.hash) return undefined;
  const moved = places.find((other) => other.row && linkHash(sha256, head.hash, other.row) === seal.hash);
  if (moved)
    return { kind: 'reordered', position, reason: `the row that was sealed at place ${position} stands at place ${moved.seal.position}` };
  return { kind: 'changed', position, reason: `the row at place ${position} or its hash is not what was sealed` };
}

/** The place does not follow from the one before: one of them is too many, in the wrong order, or one between them is gone. */
function disconnected(sha256: Sha256, head: Head, places: readonly SealedRow[], index: number): Finding {
  const position = head.position + 1;
  const { seal, row } = places[index] as SealedRow;
  const before = places[index - 1];
  if (before && seal.previous === before.seal.previous)
    return { kind: 'inserted', position: head.position, reason: `place ${position} follows from the place before ${head.position}` };
  const follower = places.slice(index + 1).find((other) => other.seal.previous === head.hash);
  if (follower)
    return { kind: 'reordered', position, reason: `what was sealed at place ${position} stands at place ${follower.seal.position}` };
  if (row && linkHash(sha256, seal.previous, row) === seal.hash)
    return gone(position, `place ${position} follows from one that is not there`);
  return { kind: 'changed', position, reason: `the hash before place ${position} is not that of place ${head.position}` };
}

function gone(position: number, why: string): Finding {
  return { kind: 'removed', position, reason: `what was sealed at place ${position} is gone: ${why}` };
}
