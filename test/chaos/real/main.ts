import { appendFileSync, mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openTenant, type Tenant } from '../../../examples/flights/tenants.ts';
import { startWebhookReceiver } from '../../../examples/flights/webhook-receiver.ts';
import { freePort } from '../../../local/free-port.ts';
import { startRegion, stopRegion } from '../../../local/region.ts';
import { type DeployedApp, deployApp } from '../../../setup/deployed-app.ts';
import { keepFigures } from '../../support/figures.ts';
import type { Finding } from '../invariants/finding.ts';
import type { TenantIds } from './acknowledged.ts';
import type { Actor } from './actor.ts';
import { comeToRest } from './come-to-rest.ts';
import { fileCounters } from './counters.ts';
import { invariantsOf } from './invariants.ts';
import { fileLedger } from './ledger.ts';
import { FAULT_CLASSES, plannedFaults } from './plan-faults.ts';
import { plantedAreFound } from './planted.ts';
import { openStores } from './stores.ts';
import { type Struck, strike } from './strike.ts';
import { stubbornly } from './stubbornly.ts';
import { ASKING, DECIDING, prepare, startWorkload } from './workload.ts';

/**
 * `npm run chaos:real -- --kills 300 --seed 1`: two tenants use a laptop region through its API while its processes die by `kill -9`, in
 * the order of the seed. After every few the loop has to come to rest and the invariants to hold. The same command again goes on where it
 * was broken off, with the region that was left; `--afresh` begins anew.
 */

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    /** Kills between two rests. */
    group: { type: 'string', default: '10' },
    afresh: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const group = Number(values.group);
const REST_SECONDS = 240;
const MOST_TRIES = 5;
/** A dead consumer's messages come again after this time. */
const REDELIVERED_SECONDS = 15;
/** A schedule of a minute comes round in six seconds. */
const SCHEDULER_RATE_SCALE = '0.1';

const root = new URL('../../..', import.meta.url).pathname;
const folder = join(root, '.sluice', 'chaos', `real-${seed}`);

interface Progress {
  /** Faults of the plan that are behind us. */
  readonly planned: number;
  readonly struck: readonly Struck[];
  readonly port: number;
  readonly broken: readonly Finding[];
}

process.exitCode = await run();
process.exit();

async function run(): Promise<number> {
  if (values.afresh) await rm(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const note = (line: string) => appendFileSync(join(folder, 'log'), `${new Date().toISOString()} ${line}\n`);
  const say = (line: string) => {
    note(line);
    console.log(line);
  };
  process.env['SCHEDULER_RATE_SCALE'] ??= SCHEDULER_RATE_SCALE;
  let progress = await readProgress();
  say(`seed ${seed}: ${kills} kills, ${progress.struck.length} of them before`);
  const region = await startRegion({ root, say, lifetime: 'parent' });
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-kills-'));
  try {
    const app = await deployApp(root, region, note);
    say('the app is deployed');
    const receiver = await startWebhookReceiver(progress.port);
    const heardSince = new Date();
    const stores = await openStores(root, region, app);
    const ledger = fileLedger(join(folder, 'acknowledged.jsonl'));
    const counter = fileCounters(join(folder, 'counters.json'));
    const actors: Actor[] = [];
    const tenants: TenantIds[] = [];
    for (const name of ['one', 'two']) {
      const tenant = await opened(app, `kills-${seed}-${name}`);
      const [row] = await stores.query('select id from tenant where slug = $1', [tenant.slug]);
      const callers = [tenant.scientist, tenant.approver, tenant.service].map(({ principal }) => principal);
      tenants.push({ slug: tenant.slug, id: String(row?.['id']), callers });
      const counterOf = (of: string) => counter(`${name}/${of}`);
      actors.push({ tenant, ledger, folder: scratch, say: (line) => note(`${tenant.slug}: ${line}`), counter: counterOf });
      const endpoint = { url: receiver.urlOf(tenant.slug), eventTypes: ['*'] };
      const { id, secret } = await stubbornly(() =>
        tenant.asService.post<{ id: string; secret: string }>('/v1/webhooks', endpoint, { idempotencyKey: `webhook-${progress.port}` }),
      );
      receiver.trust(tenant.slug, secret);
      if (!ledger.of('webhook', tenant.slug).some((entry) => entry.id === id)) ledger.add({ tenant: tenant.slug, kind: 'webhook', id });
    }
    await stores.hurryQueues(REDELIVERED_SECONDS);
    const deciding = startWorkload(actors, DECIDING);
    await Promise.all(actors.map(prepare));
    say('both tenants have a model that serves');

    const faults = plannedFaults(seed);
    for (let passed = 0; passed < progress.planned; passed++) faults.next();
    const props = { stores, receiver, tenants, folder: join(scratch, 'log'), heardSince };
    const check = invariantsOf({ ...props, ledger });
    while (progress.struck.length < kills) {
      const asking = startWorkload(actors, ASKING);
      const upTo = Math.min(kills, progress.struck.length + group);
      while (progress.struck.length < upTo) {
        const fault = faults.next().value;
        const struck = await strike(root, fault);
        progress = { ...progress, planned: fault.number, struck: struck ? [...progress.struck, struck] : progress.struck };
        say(
          struck ? `${fault.number} ${fault.class}: ended ${struck.pid}, ${struck.doing}` : `${fault.number} ${fault.class}: nobody to end`,
        );
        await writeProgress(progress);
      }
      await asking.stop();
      const startedAt = Date.now();
      const stuck = await comeToRest(stores, REST_SECONDS);
      const broken = [...stuck, ...(await check())];
      progress = { ...progress, broken: distinct([...progress.broken, ...broken]) };
      await writeProgress(progress);
      for (const { sort, what } of distinct(broken)) say(`${sort}: ${what}`);
      say(
        `${line(progress)} (at rest after ${((Date.now() - startedAt) / 1000).toFixed(0)} s, ${ledger.entries.length} writes acknowledged)`,
      );
    }
    await deciding.stop();
    const found = await plantedAreFound(stores, ledger, tenants[0] as TenantIds, (promised) =>
      invariantsOf({ ...props, ledger: promised })(),
    );
    say(`planted and found: ${found.join(', ')}`);
    await keepFigures('real-kills', figuresOf(progress, ledger.entries.length, found.length));
    await receiver.stop();
    await stores.close();
    return progress.broken.length === 0 ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
    if (region.isOurs) await stopRegion({ root, say: note });
  }
}

/** On a busy machine a change may not be in force in time; the order says then that it may be given again. */
async function opened(app: DeployedApp, slug: string): Promise<Tenant> {
  for (let tries = 1; ; tries++)
    try {
      return await openTenant(app, 'steady', slug);
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
}

async function readProgress(): Promise<Progress> {
  const text = await readFile(join(folder, 'progress.json'), 'utf8').catch(() => undefined);
  return text === undefined ? { planned: 0, struck: [], port: await freePort(), broken: [] } : JSON.parse(text);
}

function writeProgress(progress: Progress): Promise<void> {
  return writeFile(join(folder, 'progress.json'), JSON.stringify(progress, undefined, 1));
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.sort} ${finding.what}`, finding])).values()];
}

function countOf(sort: Finding['sort'], { broken }: Progress): number {
  return broken.filter((finding) => finding.sort === sort).length;
}

function line(progress: Progress): string {
  const counts = (['lost', 'duplicated', 'stuck', 'wrong'] as const).map((sort) => `${countOf(sort, progress)} ${sort}`);
  return `${progress.struck.length} points · ${counts.join(' · ')}`;
}

function figuresOf(progress: Progress, acknowledged: number, planted: number) {
  const byClass = FAULT_CLASSES.map((one) => [`${one}Kills`, progress.struck.filter(({ fault }) => fault.class === one).length]);
  const sorts = (['lost', 'duplicated', 'stuck', 'wrong'] as const).map((sort) => [sort, countOf(sort, progress)]);
  return {
    seed,
    kills: progress.struck.length,
    ...Object.fromEntries(byClass),
    acknowledgedWrites: acknowledged,
    ...Object.fromEntries(sorts),
    defectsPlantedAndFound: planted,
  };
}
