import type { PredictionArchive, PredictionLog } from './ports.ts';
import type { PredictionFile } from './prediction-file.ts';

export interface SettlePorts {
  readonly log: PredictionLog;
  readonly archive: PredictionArchive;
}

/**
 * Brings every row of the file into the log and into exactly one file of the archive, however often and in whatever company its
 * messages are delivered, and wherever an earlier delivery broke off.
 *
 * 1. The file is opened: its rows are kept under its key, before any row points to it.
 * 2. Each row is inserted unless it is there; the first insert decides for good which file it belongs to.
 * 3. Now every row has its owner, so what the file holds is fixed: its rows that belong to it. It is written unless it is there.
 * 4. It is closed. A row that belongs to another file which is still open was left by a delivery that broke off, or that is
 *    still at work: steps 2 to 4 are done for that file too. Both may do it, because both come to the same rows.
 *
 * A row whose file is not open is in the archive: files are opened before rows are inserted and closed after they are written.
 */
export async function settleFile(ports: SettlePorts, file: PredictionFile): Promise<void> {
  await ports.log.open(file);
  const owners = await complete(ports, file);
  const others = new Set([...owners.values()].filter((key) => key !== file.key));
  if (others.size === 0) return;
  for (const left of await ports.log.stillOpen(file.tenant, [...others])) await complete(ports, left);
}

async function complete({ log, archive }: SettlePorts, file: PredictionFile): Promise<ReadonlyMap<string, string>> {
  await log.insertOnce(file);
  const owners = await log.owners(
    file.tenant,
    file.rows.map((row) => row.id),
  );
  const rows = file.rows.filter((row) => owners.get(row.id) === file.key);
  if (rows.length > 0) await archive.write(file, rows);
  await log.close(file.tenant, file.key);
  return owners;
}
