import { readdir, readFile } from 'node:fs/promises';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** In clock ticks. */
  readonly cpu: number;
}

/** The living processes below this one, itself left out; Linux tells. */
export async function descendantsOf(root: number): Promise<readonly Process[]> {
  const all = (await Promise.all((await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(read))).filter(
    (each) => each !== undefined,
  );
  const found: Process[] = [];
  const parents = [root];
  for (const parent of parents)
    for (const each of all)
      if (each.parent === parent) {
        found.push(each);
        parents.push(each.pid);
      }
  return found;
}

/** Whether a process with this id lives; what has died and not been collected does not. */
export async function lives(pid: number): Promise<boolean> {
  return (await read(String(pid))) !== undefined;
}

async function read(entry: string): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
  return {
    pid: Number(entry),
    parent: Number(fields[1]),
    command: command.replaceAll('\0', ' ').trim(),
    cpu: Number(fields[11]) + Number(fields[12]),
  };
}
