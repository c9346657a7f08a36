import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * The last commit before what runs was made to hold against faults, bad input and other tenants: the oldest version that is
 * upgraded from. Move it forward when this clone's packages no longer serve it.
 */
const OLDEST = '626d884a033882a559622cc77bd051e405ebf404';

/** Whatever the stacks are made of. */
const DEPLOYED = ['adapters', 'api', 'core', 'functions', 'infra', 'layers', 'state-machines', 'training', ':!*.test.ts'];

export interface EarlierVersions {
  /** Commits, the oldest first. */
  readonly commits: readonly string[];
  /** What this clone's history lacks, and what to do about it. */
  readonly missing?: string;
}

/**
 * The versions that an upgrade is tried from. A fixed old one, since its data has met every migration and every change of the stacks
 * since; then the newest commit that differs from the files here in what is deployed, since that is what stands where this is
 * deployed next.
 */
export async function earlierVersions(root: string): Promise<EarlierVersions> {
  const git = (...args: readonly string[]) => execa('git', args, { cwd: root, reject: false });
  const log = await git('rev-list', '--first-parent', '--max-count=100', 'HEAD');
  if (log.failed) return { commits: [], missing: 'no history here: this is no clone, or git is missing' };
  const hasOldest = !(await git('cat-file', '-e', `${OLDEST}^{commit}`)).failed;
  let previous: string | undefined;
  for (const commit of log.stdout.split('\n')) {
    if ((await git('diff', '--quiet', commit, '--', ...DEPLOYED)).exitCode !== 1) continue;
    previous = commit;
    break;
  }
  const commits = [...new Set([...(hasOldest ? [OLDEST] : []), ...(previous === undefined ? [] : [previous])])];
  const missing = [hasOldest ? [] : short(OLDEST), previous === undefined ? 'any version before this one' : []].flat();
  if (missing.length === 0) return { commits };
  return { commits, missing: `this clone is shallow and lacks ${missing.join(' and ')}: git fetch --unshallow` };
}

export const short = (commit: string): string => commit.slice(0, 7);

/** Unpacks an earlier commit into a new folder, with this clone's packages and wheels. */
export async function unpack(root: string, commit: string, folder: string): Promise<void> {
  const wheels = join(root, '.sluice', 'wheels');
  await Promise.all([wheels, join(folder, '.sluice')].map((path) => mkdir(path, { recursive: true })));
  await execa('git', ['archive', commit], { cwd: root, encoding: 'buffer' }).pipe('tar', ['-x', '-C', folder]);
  await symlink(wheels, join(folder, '.sluice', 'wheels'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
}
