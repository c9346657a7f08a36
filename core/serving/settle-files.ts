import type { PredictionArchive, PredictionLog } from './ports.ts';
import type { PredictionFile } from './prediction-file.ts';

export interface SettlePorts {
  readonly log: PredictionLog;
  readonly archive: PredictionArchive;
}

/** Twice as long as a delivery may work: whoever opened a file before is not at it any more. */
const LEFT_AFTER_MS = 2 * 60_000;
/** What is older may be gone from the log by a policy of the tenant, and would come into it again. */
const LEFT_WITHIN_MS = 12 * 3_600_000;

/**
 * Brings every row of one tenant's files into the log and into exactly one file of the archive, however often and in whatever
 * company their messages are delivered, and wherever an earlier delivery broke off.
 *
 * 1. The files are opened: their rows are kept under their keys, before any row points to them.
 * 2. Each row is inserted unless it is there; the first insert decides for good which file it belongs to.
 * 3. Now every row has its owner, so what each file holds is fixed: its rows that belong to it. It is written unless it is there.
 * 4. They are closed. A row that belongs to another file which is still open was left by a delivery that broke off, or that is
 *    still at work: steps 2 to 4 are done for that file too. Both may do it, because both come to the same rows.
 *
 * A row whose file is not open is in the archive: files are opened before rows are inserted and closed after they are written.
 */
export async function settleFiles(ports: SettlePorts, tenant: string, files: readonly PredictionFile[]): Promise<void> {
  await ports.log.open(tenant, files);
  const owners = await complete(ports, tenant, files);
  const mine = new Set(files.map(({ key }) => key));
  const others = new Set([...owners.values()].filter((key) => !mine.has(key)));
  if (others.size === 0) return;
  const left = await ports.log.stillOpen(tenant, [...others]);
  if (left.length > 0) await complete(ports, tenant, left);
}

/**
 * Closes what deliveries left open that broke off and whose messages then came in other company: their rows belong to other files,
 * and nobody meets theirs. Rows that nobody has brought since are logged.
 */
export async function settleLeft(ports: SettlePorts, tenant: string, now: Date): Promise<void> {
  const time = { from: new Date(now.getTime() - LEFT_WITHIN_MS), to: new Date(now.getTime() - LEFT_AFTER_MS) };
  const left = await ports.log.openedIn(tenant, time);
  if (left.length > 0) await complete(ports, tenant, left);
}

async function complete(
  { log, archive }: SettlePorts,
  tenant: string,
  files: readonly PredictionFile[],
): Promise<ReadonlyMap<string, string>> {
  const owners = await log.claim(tenant, files);
  const settled = files.map((file) => ({ ...file, rows: file.rows.filter((row) => owners.get(row.id) === file.key) }));
  await archive.write(settled.filter(({ rows }) => rows.length > 0));
  await log.close(
    tenant,
    files.map(({ key }) => key),
  );
  return owners;
}
