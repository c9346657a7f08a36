import { WINDOWS } from './monitoring.ts';
import type { Chapter } from './story.ts';

interface Verification {
  readonly checked: { readonly sealed: number; readonly evidence: number };
  readonly finding: { readonly kind: string; readonly reason: string } | null;
  readonly next?: string;
}

interface Evaluation {
  readonly gates: readonly { readonly gate: string; readonly passed: boolean }[];
}

/** What must hold whichever way the story went; throws with what does not. Returns a line for each that was checked. */
export async function checkInvariants(chapters: readonly Chapter[]): Promise<string[]> {
  const lines: string[] = [];
  for (const chapter of chapters) {
    const { slug } = chapter.tenant;
    lines.push(...loggedOnce(chapter).map((line) => `${slug}: ${line}`));
    alertsHaveScans(chapter);
    lines.push(
      `${slug}: ${chapter.scans.length} scans, ${chapter.scans.filter(({ alerted }) => alerted).length} of them alerted, no alert without a scan`,
    );
    await retrainingsHaveCauses(chapter);
    lines.push(`${slug}: ${chapter.renewal.decisions.length} retraining decisions, each with its scan and cause, none twice for one cause`);
    lines.push(`${slug}: ${await championPassed(chapter)}`);
    lines.push(`${slug}: ${await auditHolds(chapter)}`);
  }
  return lines;
}

/** What was answered in a window is in the log once, and each row of it with its label. */
function loggedOnce({ traffic, scans, tenant }: Chapter): string[] {
  const ids = new Set(traffic.scored.map(({ id }) => id));
  if (ids.size !== traffic.scored.length)
    throw new Error(`${tenant.slug} was answered ${traffic.scored.length - ids.size} predictions twice`);
  return WINDOWS.map(({ name, from, before }, index) => {
    const scan = scans[index];
    if (!scan) throw new Error(`${tenant.slug} has no scan of ${name}`);
    const sent = traffic.scored.filter(({ date }) => date >= from && date < before).length;
    // A telling after the one that scanned has sent nothing of its own.
    const expected = sent === 0 ? scan.rows : sent;
    if (scan.rows !== expected)
      throw new Error(`${expected} predictions of ${tenant.slug} were answered for ${name}, and ${scan.rows} are in the log`);
    if (scan.labelled !== scan.rows)
      throw new Error(`of ${scan.rows} logged predictions of ${tenant.slug} for ${name}, ${scan.labelled} have their label`);
    return `${name}: ${scan.rows.toLocaleString('en')} predictions logged once, each with its label`;
  });
}

function alertsHaveScans({ scans, tenant }: Chapter): void {
  const groundless = scans.find(({ alerted, verdict }) => alerted && verdict !== 'drift');
  if (groundless) throw new Error(`${tenant.slug} was alerted by the scan ${groundless.id}, whose verdict is ${groundless.verdict}`);
}

async function retrainingsHaveCauses({ renewal: { decisions }, tenant }: Chapter): Promise<void> {
  const causes = decisions.filter(({ decision }) => decision === 'start').map(({ cause }) => cause);
  if (new Set(causes).size !== causes.length) throw new Error(`${tenant.slug} retrained twice for one cause within its cooldown`);
  for (const { id, scan } of decisions) {
    const { alerted } = await tenant.asScientist.get<{ alerted: boolean }>(`/v1/scans/${scan}`);
    if (!alerted) throw new Error(`the decision ${id} of ${tenant.slug} names the scan ${scan}, which did not alert`);
  }
}

async function championPassed({ tenant }: Chapter): Promise<string> {
  const { aliases } = await tenant.asScientist.get<{ aliases: Readonly<Record<string, number>> }>('/v1/models/flights');
  const champion = aliases['champion'];
  if (champion === undefined) throw new Error(`${tenant.slug} has no champion`);
  const { gates } = await tenant.asScientist.get<Evaluation>(`/v1/models/flights/versions/${champion}/evaluation`);
  const shut = gates.filter(({ passed }) => !passed).map(({ gate }) => gate);
  if (gates.length === 0 || shut.length > 0)
    throw new Error(`the champion of ${tenant.slug}, version ${champion}, did not pass ${shut.join(', ')}`);
  return `champion is version ${champion}, which passed all its ${gates.length} gates`;
}

/** The chain of the audit is followed from its beginning to its end, and held against its evidence. */
async function auditHolds({ tenant }: Chapter): Promise<string> {
  let sealed = 0;
  let evidence = 0;
  let cursor: string | undefined;
  do {
    const part: Verification = await tenant.asApprover.get(
      `/v1/audit/verification${cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`}`,
    );
    if (part.finding) throw new Error(`the audit of ${tenant.slug} does not hold: ${part.finding.kind}, ${part.finding.reason}`);
    sealed += part.checked.sealed;
    evidence += part.checked.evidence;
    cursor = part.next;
  } while (cursor !== undefined);
  if (sealed === 0 || evidence === 0)
    throw new Error(`the audit of ${tenant.slug} has ${sealed} sealed rows and ${evidence} objects of evidence`);
  return `the audit holds: ${sealed} rows sealed, ${evidence} objects of evidence as they were written`;
}
