import { readFile, rename, writeFile } from 'node:fs/promises';
import { freePort } from '../../../local/free-port.ts';
import type { Finding } from '../invariants/finding.ts';
import { FAULT_CLASSES } from './plan-faults.ts';
import type { Struck } from './strike.ts';

/** How far a run has come; what a run that is gone on with begins from. */
export interface Progress {
  /** Faults of the plan that are behind us, those that met nobody too. */
  readonly planned: number;
  readonly struck: readonly Struck[];
  /** Of the receiver of webhooks, whose address is registered. */
  readonly port: number;
  /** All that was ever found broken, each once. */
  readonly broken: readonly Finding[];
}

const SORTS = ['lost', 'duplicated', 'stuck', 'wrong'] as const;

export async function readProgress(file: string): Promise<Progress> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? { planned: 0, struck: [], port: await freePort(), broken: [] } : JSON.parse(text);
}

export async function writeProgress(file: string, progress: Progress): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(progress, undefined, 1));
  await rename(`${file}.new`, file);
}

/** Processes that were ended; cut connections are faults too, and not among them. */
export function killsOf({ struck }: Pick<Progress, 'struck'>): number {
  return struck.filter(({ pid }) => pid !== undefined).length;
}

export function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.sort} ${finding.what}`, finding])).values()];
}

function countOf(sort: Finding['sort'], { broken }: Progress): number {
  return broken.filter((finding) => finding.sort === sort).length;
}

/** `20 points · 0 lost · 0 duplicated · 0 stuck · 0 wrong` */
export function progressLine(progress: Progress): string {
  return [`${progress.struck.length} points`, ...SORTS.map((sort) => `${countOf(sort, progress)} ${sort}`)].join(' · ');
}

export function progressFigures(progress: Progress): Readonly<Record<string, number>> {
  const byClass = FAULT_CLASSES.map((one) => [one, progress.struck.filter(({ fault }) => fault.class === one).length]);
  return {
    kills: killsOf(progress),
    ...Object.fromEntries(byClass),
    ...Object.fromEntries(SORTS.map((sort) => [sort, countOf(sort, progress)])),
  };
}
