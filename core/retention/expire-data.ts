import { type Cutoff, cutoffsOf, inputHashOf, scanOf } from './kept.ts';
import { type Left, nextLook } from './next-look.ts';
import type { AgedDocuments, AgedObjects, DataInUse, InUse, Removed, Retained, StoredVersion } from './ports.ts';

export interface ExpirePorts {
  readonly objects: AgedObjects;
  readonly documents: AgedDocuments;
  readonly inUse: DataInUse;
  /** Keeps in the audit what goes, once per tenant and moment. */
  tell(at: Pick<Retained, 'tenant' | 'policyVersion'>, asOf: Date, removed: readonly Removed[]): Promise<void>;
  /** Whether to break off, so that the next run goes on. */
  outOfTime(): boolean;
}

export type ExpireOutcome =
  | { readonly state: 'done'; readonly next: Date; readonly removed: readonly Removed[] }
  /** Goes on as of the same moment. */
  | { readonly state: 'unfinished' }
  /** Another policy is in force, so nothing was removed. */
  | { readonly state: 'superseded' };

/** Whose files a step or a batch that begins finds and does not make again. */
const COUNTED_ON: ReadonlySet<Cutoff['setting']> = new Set(['batchDays', 'intermediateDays'] as const);

/** While a scan reads, labels wait; scans take minutes. */
const LABELS_WAIT_MS = 60 * 60_000;

/**
 * Removes what a tenant's policy does not keep as of this moment, and is not in use. Only where something is old is the database
 * asked what is in use and told what goes. That is told first, so that nothing can go untold; whoever goes on after a crash, as of
 * the same moment, tells nothing twice. Safe to repeat and side by side.
 */
export async function expireData(
  ports: ExpirePorts,
  { tenant, policyVersion, retention }: Pick<Retained, 'tenant' | 'policyVersion' | 'retention'>,
  asOf: Date,
): Promise<ExpireOutcome> {
  const cutoffs = cutoffsOf(retention, asOf);
  const { left, removed: old } = await look(ports, tenant, cutoffs, undefined);
  const next = nextLook(asOf, left);
  if (old.every(isNothing)) return { state: 'done', next, removed: [] };

  const batchesEndedBefore = cutoffs.find(({ setting }) => setting === 'batchDays')?.before;
  const inUse = await ports.inUse.look(tenant, batchesEndedBefore);
  if (inUse.policyVersion !== policyVersion) return { state: 'superseded' };
  const { removed: counted } = await look(ports, tenant, cutoffs, inUse);
  const removed = counted.filter((one) => !isNothing(one));
  const labelsWait = inUse.scanning && cutoffs.some(({ setting }) => setting === 'groundTruthDays');
  const done = { state: 'done', next: labelsWait ? new Date(asOf.getTime() + LABELS_WAIT_MS) : next, removed } as const;
  if (removed.length === 0) return done;
  await ports.tell({ tenant, policyVersion }, asOf, removed);
  for (const cutoff of cutoffs) if (!(await remove(ports, tenant, cutoff, inUse))) return { state: 'unfinished' };
  return done;
}

const isNothing = ({ objects, documents }: Removed): boolean => objects + documents === 0;

interface Found {
  readonly removed: readonly Removed[];
  readonly left: readonly Left[];
}

/** Counts what is to go, and sees what is left. */
async function look(ports: ExpirePorts, tenant: string, cutoffs: readonly Cutoff[], inUse: InUse | undefined): Promise<Found> {
  const [removed, left] = [[] as Removed[], [] as Left[]];
  for (const { setting, days, before, folders, collections } of cutoffs) {
    const times: Date[] = [];
    let [objects, bytes, documents] = [0, 0, 0];
    for (const folder of folders) {
      for await (const page of ports.objects.versions(tenant, folder)) {
        for (const version of page) {
          if (version.storedAt < before) {
            if (isHeld(version, inUse?.held)) continue;
            objects += 1;
            bytes += version.bytes;
          } else if (times[0] === undefined || version.storedAt < times[0]) times[0] = version.storedAt;
        }
      }
    }
    for (const collection of waits(setting, inUse) ? [] : collections) {
      documents += await ports.documents.count(tenant, collection, before);
      const oldest = await ports.documents.oldest(tenant, collection, before);
      if (oldest) times.push(oldest);
    }
    removed.push({ setting, days, before, objects, bytes, documents });
    left.push({ days, oldest: times.reduce<Date | undefined>((first, time) => (first && first < time ? first : time), undefined) });
  }
  return { removed, left };
}

/** False when time ran out. */
async function remove(
  ports: ExpirePorts,
  tenant: string,
  { setting, before, folders, collections }: Cutoff,
  inUse: InUse,
): Promise<boolean> {
  for (const folder of folders) {
    for await (const page of ports.objects.versions(tenant, folder)) {
      const old = page.filter((version) => version.storedAt < before && !isHeld(version, inUse.held));
      if (old.length === 0) continue;
      if (ports.outOfTime()) return false;
      const scans = old.flatMap((version) => scanOf(pathOf(tenant, version)) ?? []);
      // The page last: whoever goes on after a crash finds the report by it.
      if (scans.length > 0) await ports.documents.removeReports(tenant, scans);
      const gone = (held: InUse['held']) =>
        ports.objects.remove(
          tenant,
          old.filter((version) => !isHeld(version, held)),
        );
      if (!COUNTED_ON.has(setting)) await gone(inUse.held);
      else {
        const inputHashes = [...new Set(old.flatMap((version) => inputHashOf(pathOf(tenant, version)) ?? []))];
        const batchesEndedBefore = setting === 'batchDays' ? before : undefined;
        await ports.inUse.whileNobodyBegins(tenant, { inputHashes, batchesEndedBefore }, gone);
      }
    }
  }
  for (const collection of waits(setting, inUse) ? [] : collections) {
    do if (ports.outOfTime()) return false;
    while (await ports.documents.removeSome(tenant, collection, before));
  }
  return true;
}

function waits(setting: Cutoff['setting'], inUse: InUse | undefined): boolean {
  return setting === 'groundTruthDays' && inUse?.scanning === true;
}

function pathOf(tenant: string, { key }: StoredVersion): string {
  return key.slice(`tenants/${tenant}/`.length);
}

function isHeld({ key }: StoredVersion, held: InUse['held'] | undefined): boolean {
  if (!held) return false;
  if (held.has(key)) return true;
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) if (held.has(key.slice(0, slash + 1))) return true;
  return false;
}
