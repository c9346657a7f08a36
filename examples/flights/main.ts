import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Listr } from 'listr2';
import { regionStatus, startRegion, stopRegion } from '../../local/region.ts';
import { deployApp } from '../../setup/deployed-app.ts';
import { tellStory } from './story.ts';
import { summary } from './summary.ts';

const root = new URL('../..', import.meta.url).pathname;
const LOOK_EVERY_MS = 2_000;
let ours = false;

const { once, everyNth } = readArguments(process.argv.slice(2));
/** About this many of April's and May's flights are predicted for each tenant. */
const TRAFFIC_ROWS = 106_000;

// A region that this process started ends with it; one that was up before stays.
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

let isTold = false;
// Ctrl-C before the end breaks the story off; after it, it is how one leaves.
process.exitCode = await Promise.race([run(), interrupted.then(() => (isTold ? 0 : 130))]);
if (ours) await stopRegion({ root, say: console.error });
process.exit();

async function run(): Promise<number> {
  const startedAt = performance.now();
  try {
    const told = await tellStory(
      {
        root,
        everyNth,
        trafficRows: Math.ceil(TRAFFIC_ROWS / everyNth),
        startRegion: async (say) => {
          const region = await startRegion({ root, say, lifetime: 'parent' });
          ours = region.isOurs;
          return region;
        },
        deploy: (region, say) => deployApp(root, region, say),
      },
      show,
    );
    isTold = true;
    console.log(await summary(told, (performance.now() - startedAt) / 1000));
  } catch (error) {
    console.error(`\nThe story stopped: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  if (once) return 0;
  console.log('\nThe region stays up; Ctrl-C ends it and keeps its state.');
  await regionEnds();
  return 1;
}

/** Returns when the region went down by itself, after saying why. */
async function regionEnds(): Promise<void> {
  for (;;) {
    await sleep(LOOK_EVERY_MS);
    const { state, reason } = await regionStatus(root);
    if (state === 'down') {
      console.error(`The region went down: ${reason ?? 'it was asked to by another command'}`);
      return;
    }
  }
}

async function show(title: string, work: (say: (line: string) => void) => Promise<string>): Promise<void> {
  const tasks = new Listr(
    [
      {
        title,
        task: async (_, task) => {
          const result = await work((line) => {
            // A log file has no use for what a terminal shows for a moment.
            if (process.stdout.isTTY) task.output = line;
          });
          task.title = `${title}: ${result}`;
        },
      },
    ],
    { renderer: 'default', fallbackRenderer: 'simple' },
  );
  await tasks.run();
}

/** `--every-nth n` keeps one flight in so many: a quick look on a small machine. */
function readArguments(args: string[]): { once: boolean; everyNth: number } {
  try {
    const { values } = parseArgs({
      args,
      options: { once: { type: 'boolean', default: false }, 'every-nth': { type: 'string', default: '1' } },
    });
    const everyNth = Number(values['every-nth']);
    if (!Number.isInteger(everyNth) || everyNth < 1 || everyNth > 100) throw new Error('--every-nth takes a whole number from 1 to 100');
    return { once: values.once, everyNth };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nusage: npm start -- [--once] [--every-nth <n>]`);
    process.exit(2);
  }
}
