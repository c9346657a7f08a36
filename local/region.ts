import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLines } from './engine-process.ts';
import { removeUnpacked } from './engines/aws.ts';
import { lockHolder } from './lock.ts';
import { poll } from './poll.ts';
import { identify, isAlive, memoryOfTree, sendSignal } from './processes.ts';
import { type Region, readRecord, regionFolder } from './region-record.ts';

export { deployEnvironment } from './deploy-environment.ts';
export type { Region } from './region-record.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export interface RegionProps {
  readonly root: string;
  /** The region's data. @default .sluice/region under the root */
  readonly folder?: string;
  readonly say: (line: string) => void;
}

export interface StartRegionProps extends RegionProps {
  /** `parent`: the region ends with this process, however that ends. `background`: it stays until `stopRegion`. @default background */
  readonly lifetime?: 'parent' | 'background';
}

export interface StartedRegion extends Region {
  /** False when the region was up already; then its lifetime is not this caller's. */
  readonly isOurs: boolean;
}

/** What the supervisor tells the process that started it. */
export type SupervisorMessage = { readonly say: string } | Outcome;
/** `busy`: another supervisor for the same folder was faster. */
type Outcome = { readonly ready: true } | { readonly busy: true } | { readonly failed: string };

export interface RegionStatus {
  readonly state: 'ready' | 'starting' | 'down';
  readonly region?: Region;
  /** Why it went down, where it was not asked to. */
  readonly reason?: string;
  readonly engines: readonly { readonly name: string; readonly pid: number; readonly port: number; readonly memoryBytes: number }[];
}

/** Brings the region up, or finds it up; returns when every engine serves. */
export async function startRegion(props: StartRegionProps): Promise<StartedRegion> {
  const { root, folder = regionFolder(root), say, lifetime = 'background' } = props;
  const present = await presentRegion(folder);
  if (present) return { ...present, isOurs: false };
  const outcome = await launchSupervisor(root, folder, lifetime, say);
  if ('busy' in outcome) return startRegion(props);
  if ('failed' in outcome) throw new Error(`The region did not start: ${outcome.failed}`);
  const record = await readRecord(folder);
  if (record?.state !== 'ready') throw new Error('The region went down right after its start. See `npm run region -- logs supervisor`.');
  return { ...record, isOurs: true };
}

async function launchSupervisor(
  root: string,
  folder: string,
  lifetime: 'parent' | 'background',
  say: (line: string) => void,
): Promise<Outcome> {
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, 'supervisor.log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [MAIN, 'supervise', lifetime, folder], {
    cwd: root,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const outcome = await new Promise<Outcome>((resolve) => {
    child.once('error', (error) => resolve({ failed: error.message }));
    child.once('exit', async (code) => resolve({ failed: `its supervisor ended with code ${code}: ${await lastLines(logFile, 8)}` }));
    child.on('message', (message: SupervisorMessage) => ('say' in message ? say(message.say) : resolve(message)));
  });
  // The open channel is what tells the supervisor that its parent lives.
  if (lifetime === 'parent' && 'ready' in outcome) child.channel?.unref();
  else if (child.connected) child.disconnect();
  child.unref();
  return outcome;
}

/** Takes the region down and returns when none of its processes is left. Nothing happens when it is down. */
export async function stopRegion({ root, folder = regionFolder(root), say }: RegionProps): Promise<void> {
  const pid = await lockHolder(supervisorLock(folder));
  const record = await readRecord(folder);
  if (pid !== undefined) {
    const identity = await identify(pid);
    sendSignal(pid, 'SIGTERM');
    const isGone = await poll(async () => ((await identify(pid)) === identity ? undefined : true), 60);
    if (!isGone) {
      say(`the supervisor (${pid}) did not end within 60 s and is killed; its engines end by themselves`);
      sendSignal(pid, 'SIGKILL');
    }
  }
  const guards = record?.state === 'ready' ? Object.values(record.engines) : [];
  await poll(async () => (guards.some(isAlive) ? undefined : true), 30);
  // The supervisor does this itself unless it was killed.
  await removeUnpacked(join(folder, 'aws'));
}

export async function regionStatus(root: string, folder = regionFolder(root)): Promise<RegionStatus> {
  const pid = await lockHolder(supervisorLock(folder));
  const record = await readRecord(folder);
  if (pid === undefined || record === undefined || record.state === 'down') {
    const crashed = record !== undefined && record.state !== 'down' ? 'the supervisor was killed' : undefined;
    const reason = crashed ?? (record?.state === 'down' ? record.reason : undefined);
    return { state: 'down', engines: [], ...(reason === undefined ? {} : { reason }) };
  }
  if (record.state === 'starting') return { state: 'starting', engines: [] };
  const processes = Object.entries(record.engines).map(([name, id]) => ({ name, pid: id, port: portOf(record, name) }));
  const engines = await Promise.all(processes.map(async (each) => ({ ...each, memoryBytes: await memoryOfTree(each.pid) })));
  const total = await memoryOfTree(pid);
  const own = total - engines.reduce((sum, each) => sum + each.memoryBytes, 0);
  return {
    state: 'ready',
    region: record,
    engines: [...engines, { name: 'edge', pid, port: record.ports.edge, memoryBytes: Math.max(0, own) }],
  };
}

/** Forgets everything the region keeps: databases, objects, deployed stacks, logs. */
export async function resetRegion(props: RegionProps): Promise<void> {
  await stopRegion(props);
  await rm(props.folder ?? regionFolder(props.root), { recursive: true, force: true });
}

/** Held by the supervisor for as long as it lives. */
export function supervisorLock(folder: string): string {
  return join(folder, 'supervisor.lock');
}

async function presentRegion(folder: string): Promise<Region | undefined> {
  const settled = await poll(async () => {
    if ((await lockHolder(supervisorLock(folder))) === undefined) return { region: undefined };
    const record = await readRecord(folder);
    return record?.state === 'ready' ? { region: record } : undefined;
  }, 300);
  if (!settled)
    throw new Error('The region has been starting or stopping for 5 minutes. Take it down with `npm run region -- down` and try again.');
  return settled.region;
}

function portOf(region: Region, name: string): number {
  return region.ports[name as keyof Region['ports']];
}
