import { appendFileSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRegion, stopRegion } from '../../../local/region.ts';
import { keepFigures } from '../../support/figures.ts';
import { engineKills } from '../engine/engine-kills.ts';
import type { TenantIds } from './acknowledged.ts';
import { comeToRest } from './come-to-rest.ts';
import { type InvariantsProps, invariantsOf } from './invariants.ts';
import { lasting } from './lasting.ts';
import { plannedFaults } from './plan-faults.ts';
import { plantedAreFound } from './planted.ts';
import { distinct, killsOf, type Progress, progressFigures, progressLine, readProgress, writeProgress } from './progress.ts';
import { rememberingReceiver } from './remembering-receiver.ts';
import { makeStand, type Stand } from './stand.ts';
import { strike } from './strike.ts';
import { ASKING, DECIDING, prepare, startWorkload } from './workload.ts';

/**
 * `npm run chaos:real -- --kills 300 --seed 1`: two tenants use a laptop region through its API while its processes die by `kill -9` and
 * its connections are cut, in the order of the seed. After every few faults the loop has to come to rest and the invariants to hold. The
 * same command goes on where it was broken off, with the region that was left; `--afresh` begins anew. `--engine` kills the AWS engine too,
 * in the end (`test/chaos/engine`).
 */

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    /** Faults between two rests. */
    group: { type: 'string', default: '10' },
    afresh: { type: 'boolean', default: false },
    /** Kills the AWS engine as well, after the others: twice in the middle of everything, then for good. */
    engine: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const group = Number(values.group);
const REST_SECONDS = 240;
/** A schedule of a minute comes round in half of one; a fifth of what is delivered comes twice, late or in another order. */
const REGION = { SCHEDULER_RATE_SCALE: '0.5', DELIVERY_DISORDER: '0.2', DELIVERY_DISORDER_SEED: String(seed) };

const root = new URL('../../..', import.meta.url).pathname;
const folder = join(root, '.sluice', 'chaos', `real-${seed}`);
const progressFile = join(folder, 'progress.json');

process.exitCode = await run().catch((error: unknown) => {
  console.error(error);
  return 1;
});
process.exit();

async function run(): Promise<number> {
  if (values.afresh) await rm(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  Object.assign(process.env, REGION);
  const progress = await readProgress(progressFile);
  // At once: whoever goes on listens where webhooks were told to.
  await writeProgress(progressFile, progress);
  say(`seed ${seed}: ${kills} kills, ${killsOf(progress)} of them before`);
  const receiver = await rememberingReceiver(join(folder, 'webhook-secrets.json'), progress.port);
  // A region of its own: what is bent here (addresses of databases, times of queues) is in nobody's way.
  const regionFolder = join(folder, 'region');
  const region = await startRegion({ root, folder: regionFolder, say: note, lifetime: 'parent' });
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-kills-'));
  try {
    const slugs = [`kills-${seed}-one`, `kills-${seed}-two`];
    const stand = await makeStand({ root, folder, scratch, region, slugs, receiver, note });
    const props = {
      stores: stand.stores,
      receiver,
      tenants: stand.tenants,
      folder: join(scratch, 'log'),
      heardSince: new Date(),
    };
    const invariants = { ...props, ledger: stand.ledger };
    const isWhole =
      (await strikeAll(stand, regionFolder, invariants, progress)) &&
      (!values.engine ||
        (await engineKills({ invariants, actors: stand.actors, root, regionFolder, baseUrl: stand.proxies.baseUrl, say, note })));
    await stand.close();
    return isWhole ? 0 : 1;
  } finally {
    await receiver.stop();
    await rm(scratch, { recursive: true, force: true });
    if (region.isOurs) await stopRegion({ root, folder: regionFolder, say: note });
  }
}

async function strikeAll(
  { stores, ledger, tenants, actors, proxies }: Stand,
  regionFolder: string,
  props: InvariantsProps,
  before: Progress,
): Promise<boolean> {
  let progress = before;
  const check = invariantsOf(props);
  const deciding = startWorkload(actors, DECIDING);
  await Promise.all(actors.map(prepare));
  say('both tenants have a model that serves');
  const faults = plannedFaults(seed);
  for (let passed = 0; passed < progress.planned; passed++) faults.next();
  while (killsOf(progress) < kills) {
    const asking = startWorkload(actors, ASKING);
    for (const before = progress.struck.length; progress.struck.length < before + group && killsOf(progress) < kills; ) {
      const fault = faults.next().value;
      const struck = await strike(regionFolder, proxies, fault);
      progress = { ...progress, planned: fault.number, struck: [...progress.struck, ...(struck ? [struck] : [])] };
      say(`${fault.number} ${fault.class}: ${struck ? `${struck.pid ?? ''} ${struck.doing}`.trim() : 'nobody to strike'}`);
      await writeProgress(progressFile, progress);
    }
    await asking.stop();
    const startedAt = Date.now();
    const stuck = await comeToRest(stores, REST_SECONDS);
    const broken = distinct([...stuck, ...(await lasting(check))]);
    progress = { ...progress, broken: distinct([...progress.broken, ...broken]) };
    await writeProgress(progressFile, progress);
    for (const { sort, what } of broken) say(`${sort}: ${what}`);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
    say(`${progressLine(progress)} (at rest and looked at after ${seconds} s, ${ledger.entries.length} writes acknowledged)`);
  }
  await deciding.stop();
  const isWhole = progress.broken.length === 0;
  // Who came for the engine alone has nothing to count here.
  if (kills === 0) return isWhole;
  const found = isWhole
    ? await plantedAreFound(stores, ledger, tenants[0] as TenantIds, (promised) => invariantsOf({ ...props, ledger: promised })())
    : [];
  if (isWhole) say(`planted and found: ${found.join(', ')}`);
  await keepFigures('real-kills', {
    seed,
    ...progressFigures(progress),
    acknowledgedWrites: ledger.entries.length,
    defectsPlantedAndFound: found.length,
  });
  return isWhole;
}

function note(line: string): void {
  appendFileSync(join(folder, 'log'), `${new Date().toISOString()} ${line}\n`);
}

function say(line: string): void {
  note(line);
  console.log(line);
}
