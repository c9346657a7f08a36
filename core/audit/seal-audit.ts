import type { AuditSealing, EvidenceKeeping } from './ports.ts';
import { evidenceKey, evidenceText } from './segment.ts';

/** Of one segment, so of one object of evidence and of one transaction. */
const ROWS_AT_ONCE = 500;
const SEGMENTS_AT_ONCE = 10;

export interface Sealed {
  readonly rows: number;
  /** Whether some may be left: the next sealing goes on. */
  readonly more: boolean;
}

/**
 * Seals what has been recorded and keeps its evidence, also that which an earlier sealing sealed and did not come to keep. Safe to
 * run again, to break anywhere and to run beside itself: places are given once, and evidence is the same bytes whoever writes it.
 */
export async function sealAudit(
  { sealing, evidence }: { readonly sealing: AuditSealing; readonly evidence: EvidenceKeeping },
  tenant: string,
): Promise<Sealed> {
  let rows = 0;
  let last = ROWS_AT_ONCE;
  for (let round = 0; round < SEGMENTS_AT_ONCE && last === ROWS_AT_ONCE; round++) {
    const segment = await sealing.seal(tenant, ROWS_AT_ONCE);
    last = segment ? segment.last - segment.first + 1 : 0;
    rows += last;
  }
  const waiting = await sealing.notKept(tenant, SEGMENTS_AT_ONCE);
  for (const segment of waiting) {
    const { previous, rows: content } = await sealing.contentOf(tenant, segment);
    await evidence.keep(evidenceKey(tenant, segment), evidenceText(tenant, segment, previous, content));
    await sealing.kept(tenant, segment);
  }
  return { rows, more: last === ROWS_AT_ONCE || waiting.length === SEGMENTS_AT_ONCE };
}
