import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startApi } from '../support/api-stand.ts';
import { keepFigures } from '../support/figures.ts';
import { ROOT } from '../support/stores-folder.ts';
import { untilStopped } from '../support/until-stopped.ts';
import { REPEATED, replay } from './replay.ts';

/**
 * `npm run replays -- --count 1000000`: that many calls over all routes that write, a thousand under each key. What is done is kept after each
 * thousand, and the next start goes on from there; `--anew` begins again.
 */

const UNDER_ONE_KEY = 1_000;
const FILE = join(ROOT, '.sluice', 'replays', 'progress.json');

interface Progress {
  readonly count: number;
  readonly replays: Record<string, number>;
  effects: number;
  readonly wrong: string[];
}

async function kept(count: number): Promise<Progress> {
  const fresh: Progress = { count, replays: {}, effects: 0, wrong: [] };
  const text = await readFile(FILE, 'utf8').catch(() => undefined);
  const progress = text === undefined ? fresh : (JSON.parse(text) as Progress);
  return progress.count === count ? progress : fresh;
}

async function keep(progress: Progress): Promise<void> {
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, JSON.stringify(progress, null, 2));
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { count: { type: 'string', default: '1000000' }, anew: { type: 'boolean', default: false } } });
  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1) {
    console.error('--count takes a whole number of calls, such as 1000000.');
    return 2;
  }
  const progress = values.anew ? { count, replays: {}, effects: 0, wrong: [] } : await kept(count);
  const each = Math.ceil(count / REPEATED.length);
  const stand = await startApi();
  // After the thousand that is under way.
  const goesOn = untilStopped();
  try {
    // By turns, so that what is stopped early has been at every route.
    for (let round = 0; round * UNDER_ONE_KEY < each; round += 1)
      for (const [operation] of REPEATED) {
        const done = progress.replays[operation] ?? 0;
        if (!goesOn() || done > round * UNDER_ONE_KEY || done >= each) continue;
        const { replays, effects, wrong } = await replay(stand, operation, Math.min(UNDER_ONE_KEY, each - done));
        progress.replays[operation] = done + replays;
        progress.effects += effects;
        progress.wrong.push(...wrong.map((each) => `${operation}: ${each}`));
        await keep(progress);
        console.log(`${operation.padEnd(24)} ${progress.replays[operation]} of ${each}${wrong.length > 0 ? `  ${wrong.join('\n')}` : ''}`);
      }
  } finally {
    await stand.stop();
  }
  const replays = Object.values(progress.replays).reduce((sum, one) => sum + one, 0);
  const figures = { routes: REPEATED.length, replays, effects: progress.effects, differing: progress.wrong.length };
  await keepFigures('replays-long', figures);
  console.log(`${replays} replays over ${figures.routes} routes: ${figures.effects} effects, ${figures.differing} differing`);
  return figures.differing === 0 ? 0 : 1;
}

process.exitCode = await main();
