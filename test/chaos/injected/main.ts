import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { keepFigures } from '../../support/figures.ts';
import { untilStopped } from '../../support/until-stopped.ts';
import type { Finding } from '../invariants/finding.ts';
import type { Fault } from './faults.ts';
import { PLANTS } from './plants.ts';
import type { PointOutcome } from './point.ts';
import { everyFault, pointsOf } from './points.ts';
import { openProgress, type Result } from './progress.ts';
import { startWorkers } from './workers.ts';

/**
 * `npm run chaos -- --points 10000 [--seed S]`: loops with injected faults, going on where a run of the seed stopped;
 * `--seed S --point K` does one of them again and tells all of it. `--workers N` processes, two unless said; `--minutes M` begins no point after
 * so long; Ctrl-C lets those end that have begun; `--self-test` first shows that the points find defects.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      points: { type: 'string', default: '300' },
      seed: { type: 'string', default: randomBytes(4).toString('hex') },
      point: { type: 'string' },
      workers: { type: 'string', default: '2' },
      'self-test': { type: 'boolean', default: false },
      minutes: { type: 'string', default: 'Infinity' },
    },
  });
  const { seed } = values;
  const until = performance.now() + Number(values.minutes) * 60_000;
  const progress = await openProgress(seed);
  const workers = await startWorkers();
  const goesOn = untilStopped();
  let loops = 0;
  const run = (point: number, faults: readonly Fault[]) => {
    loops += 1;
    return workers.run(point, `chaos-${seed.slice(0, 8)}-${process.pid}-${loops}`.toLowerCase(), faults);
  };
  try {
    if (values['self-test'] && !(await findsPlants(workers, seed))) return 1;
    const all = progress.faults ?? (await progress.keepFaults(everyFault(await countCalls(run))));
    const faultsOf = pointsOf(all, seed);
    if (values.point !== undefined) {
      const point = Number(values.point);
      const outcome = await run(point, faultsOf(point));
      console.log(JSON.stringify(resultOf(point, faultsOf(point), outcome), null, 2));
      return outcome.findings.length === 0 ? 0 : 1;
    }
    const wanted = Number(values.points);
    console.log(`seed ${seed}: ${wanted} points, ${progress.results.size} done before; ${all.length} are single faults of one loop`);
    const left = Array.from({ length: wanted }, (_, point) => point).filter((point) => !progress.results.has(point));
    const work = async () => {
      for (let point = left.shift(); point !== undefined && goesOn() && performance.now() < until; point = left.shift()) {
        const faults = faultsOf(point);
        const result = await run(point, faults).then(
          (outcome) => resultOf(point, faults, outcome),
          (error: Error): Result => ({ point, faults, hit: 0, failed: 0, findings: [{ sort: 'stuck', what: error.message }] }),
        );
        await progress.keep(result);
        if (result.findings.length > 0) console.log(`point ${point} of seed ${seed}: ${JSON.stringify(result, null, 1)}`);
      }
    };
    await Promise.all(Array.from({ length: Number(values.workers) }, work));
    return await conclude(
      seed,
      [...progress.results.values()].filter(({ point }) => point < wanted),
      all.length,
    );
  } finally {
    await workers.stop();
  }
}

/** Whether the points find defects that are put into the product for it. */
async function findsPlants(workers: Awaited<ReturnType<typeof startWorkers>>, seed: string): Promise<boolean> {
  const found = Object.entries(PLANTS).map(async ([name, { what, fault, reveals }]) => {
    const { findings, hit } = await workers.runPlanted(name, `planted-${name}-${seed.slice(0, 8)}`.toLowerCase(), [fault]);
    const isFound = findings.some((finding) => reveals.test(finding.what));
    console.log(`${isFound ? 'found' : 'NOT FOUND'}: ${what}${isFound ? '' : ` (${hit} hit): ${JSON.stringify(findings)}`}`);
    return isFound;
  });
  return (await Promise.all(found)).every((one) => one);
}

/** The calls of a loop that nothing goes wrong in. The first loop of a worker also starts its processes, and is not counted. */
async function countCalls(run: (point: number, faults: readonly Fault[]) => Promise<PointOutcome>): Promise<PointOutcome['sites']> {
  for (let loop = 0; ; loop++) {
    const { findings, machines, sites } = await run(-1, []);
    if (findings.length > 0) throw new Error(`A loop without faults is not clean: ${JSON.stringify({ findings, machines }, null, 1)}`);
    if (loop > 0) return sites;
  }
}

function resultOf(point: number, faults: readonly Fault[], { findings, machines, hit, failed }: PointOutcome): Result {
  return { point, faults, hit, failed, findings, ...(findings.length > 0 ? { machines } : {}) };
}

async function conclude(seed: string, results: readonly Result[], single: number): Promise<number> {
  const points = results.length;
  const sum = (count: (result: Result) => number) => results.reduce((total, result) => total + count(result), 0);
  const of = (sort: Finding['sort']) => sum(({ findings }) => findings.filter((one) => one.sort === sort).length);
  const [lost, duplicated, stuck, wrong] = [of('lost'), of('duplicated'), of('stuck'), of('wrong')];
  const missed = sum(({ hit, faults }) => (hit < new Set(faults.map(({ site }) => site)).size ? 1 : 0));
  const failed = sum((result) => result.failed);
  console.log(`${points} points · ${lost} lost · ${duplicated} duplicated · ${stuck} stuck`);
  console.log(
    `${wrong} otherwise wrong; ${failed} executions failed with their reason; in ${missed} points a planned call did not come about`,
  );
  await keepFigures('injected-faults', {
    seed,
    points,
    lost,
    duplicated,
    stuck,
    wrong,
    'single faults of a loop': single,
    'not reached': missed,
  });
  return lost + duplicated + stuck + wrong === 0 ? 0 : 1;
}

process.exitCode = await main();
