import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { type Told, tellStory } from '../../examples/flights/story.ts';
import { overheadSeconds } from '../../examples/flights/summary.ts';
import { regionStatus, startRegion, stopRegion } from '../../local/region.ts';
import { deployApp } from '../../setup/deployed-app.ts';
import { benchDriftScan } from './drift-scan.ts';
import { throughTheEdge } from './edge.ts';
import { measurePredict } from './predict.ts';

/**
 * `npm run bench:loop`: the times and the memory of the whole story, against what was asked for.
 *
 * Cold is a clone of the committed tree in a temporary folder, set-up included (package managers may have their caches);
 * `--warm-only` leaves it out. Warm tells the story for new tenants, so that nothing recorded is reused.
 */

const root = new URL('../..', import.meta.url).pathname;
const TRAFFIC_ROWS = 106_000;
const LIMITS = { coldSeconds: 600, warmSeconds: 360, overheadSeconds: 15, restBytes: 1.5e9, cpuMsPerPrediction: 0.3 };

/** The engine ends a function's process two minutes after its last call. */
const UNTIL_AT_REST_MS = 150_000;

interface Figure {
  readonly name: string;
  readonly measured: number;
  /** None where the figure is for comparing, not for judging. */
  readonly limit?: number;
  readonly unit: string;
}

const { values } = parseArgs({ options: { 'warm-only': { type: 'boolean', default: false } } });
// The small ones first: afterwards the region's processes would disturb them.
const figures = [...(await handlers()), ...(values['warm-only'] ? [] : [await cold()]), ...(await warm())];
for (const { name, measured, limit, unit } of figures) {
  const judged = limit === undefined ? '' : ` ${(measured / limit).toFixed(2).padStart(6)} of the ${limit} ${unit} allowed`;
  console.log(`${name.padEnd(52)} ${measured.toFixed(2).padStart(11)} ${unit.padEnd(6)}${judged}`);
}

/** Predictions and scans without the region around them. */
async function handlers(): Promise<Figure[]> {
  const predictions = (await measurePredict()).flatMap(({ rowsPerCall, rowsPerSecond, cpuMsPerPrediction, sendingCpuMsPerPrediction }) => {
    const name = `predict, 30 features, ${rowsPerCall} ${rowsPerCall === 1 ? 'row' : 'rows'} a call`;
    return [
      { name, measured: rowsPerSecond, unit: '/s' },
      {
        name: `${name}: the handler`,
        measured: cpuMsPerPrediction - sendingCpuMsPerPrediction,
        limit: LIMITS.cpuMsPerPrediction,
        unit: 'CPU-ms',
      },
      { name: `${name}: sending to the queue`, measured: sendingCpuMsPerPrediction, unit: 'CPU-ms' },
    ];
  });
  const scan = await benchDriftScan();
  const scanned = scan.rows / (scan.profileSeconds + scan.judgeSeconds);
  return [...predictions, { name: `drift scan, ${scan.columns} columns: profile and judgement`, measured: scanned, unit: 'rows/s' }];
}

async function cold(): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cold-'));
  try {
    await execa('git', ['clone', '--quiet', root, folder]);
    const startedAt = performance.now();
    await execa('npm', ['start', '--', '--once'], { cwd: folder, stdout: 'ignore', stderr: 'inherit' });
    return {
      name: 'cold: clone to the end of the story',
      measured: (performance.now() - startedAt) / 1000,
      limit: LIMITS.coldSeconds,
      unit: 's',
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function warm(): Promise<Figure[]> {
  const quiet = () => {};
  const startedAt = performance.now();
  const region = await startRegion({ root, say: quiet, lifetime: 'parent' });
  try {
    const told = await tellStory(
      {
        root,
        everyNth: 1,
        trafficRows: TRAFFIC_ROWS,
        prefix: `bench-${randomBytes(3).toString('hex')}-`,
        startRegion: async () => region,
        deploy: (up, say) => deployApp(root, up, say),
      },
      async (_, work) => void (await work(quiet)),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const edge = await throughTheEdge(told.chapters);
    await sleep(UNTIL_AT_REST_MS);
    const { engines } = await regionStatus(root);
    return [
      { name: 'warm: start, deploy, whole story', measured: seconds, limit: LIMITS.warmSeconds, unit: 's' },
      ...figuresOf(told),
      ...edge,
      {
        name: 'region at rest',
        measured: engines.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / 1e6,
        limit: LIMITS.restBytes / 1e6,
        unit: 'MB',
      },
    ];
  } finally {
    if (region.isOurs) await stopRegion({ root, say: console.error });
  }
}

function figuresOf({ chapters }: Told): Figure[] {
  return chapters.flatMap(({ tenant: { slug }, first, renewal, traffic, scans }) => [
    ...[first, renewal.followed].flatMap((followed, index) =>
      followed
        ? [
            {
              name: `overhead in ${slug}'s execution ${index + 1}`,
              measured: overheadSeconds(followed),
              limit: LIMITS.overheadSeconds,
              unit: 's',
            },
          ]
        : [],
    ),
    { name: `${slug}: predictions through the API`, measured: traffic.scored.length / traffic.counts.seconds, unit: '/s' },
    ...scans.map(({ rows, startedAt, endedAt, window }) => ({
      name: `${slug}: scan from ${window.from.slice(0, 10)}, files and report included`,
      measured: rows / ((Date.parse(endedAt ?? '') - Date.parse(startedAt)) / 1000),
      unit: 'rows/s',
    })),
  ]);
}
