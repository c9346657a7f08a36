import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Region } from '../../local/region.ts';
import type { DeployedApp } from '../../setup/deployed-app.ts';
import { alertQueue } from './alert-queue.ts';
import { type Alerts, listenForAlerts } from './alerts.ts';
import { checkInvariants } from './invariants.ts';
import { checkApart, checkJoined } from './log-check.ts';
import { awaitScans, type Scan, scansOf, WINDOW_CLOSED, WINDOWS, watch } from './monitoring.ts';
import { awaitRenewal, type Renewal } from './retraining.ts';
import { type FlightRows, flightRows, type World } from './rows.ts';
import { openTenant, type Tenant } from './tenants.ts';
import { type Traffic, type TrafficProps, trafficOf } from './traffic.ts';
import { type Followed, registerDataset, trainAndGoLive } from './training.ts';

type Say = (line: string) => void;

export interface StoryProps {
  readonly root: string;
  /** Keeps one flight in so many of the datasets; 1 is the whole story. */
  readonly everyNth: number;
  /** About how many of April's and May's flights each tenant has scored. */
  readonly trafficRows: number;
  /** Put before the tenants' names, so that a test tells its own story beside the user's. */
  readonly prefix?: string;
  startRegion(say: Say): Promise<Region>;
  deploy(region: Region, say: Say): Promise<DeployedApp>;
}

/** One tenant's part of the story. */
export interface Chapter {
  readonly tenant: Tenant;
  readonly traffic: Traffic;
  readonly datasetRows: number;
  /** Version 1's way to being live; undefined when an earlier run had brought a version there. */
  readonly first: Followed | undefined;
  readonly joined: number;
  readonly scans: readonly Scan[];
  /** How many alerts the receiver has verified. */
  readonly alerts: number;
  readonly renewal: Renewal;
}

export interface Told {
  readonly app: DeployedApp;
  readonly chapters: readonly Chapter[];
  /** What was checked at the end, one line each. */
  readonly invariants: readonly string[];
  /** Seconds by task title. */
  readonly timings: ReadonlyMap<string, number>;
}

type Draft = { -readonly [Part in keyof Chapter]: Chapter[Part] } & { watched: boolean };

const WORLDS: readonly World[] = ['growing', 'steady'];
/** What the tenants know when version 1 is trained, and when the world has moved on. */
const FIRST_QUARTER = '2001-04-01';
const HALF_YEAR = '2001-06-18';
const MONTH_END = '2001-07-01';
/** Of the calls' last rows, how many are looked up. */
const LOOK_UP_EVERY = 3;
const ALERT_LIMIT_MS = 60_000;

/** Performs one task and shows it: its title while it runs with what it says, then its result. */
export type Show = (title: string, work: (say: Say) => Promise<string>) => Promise<void>;

/** From rows to a live model that is watched and renewed, for two tenants at once; throws with the reason when a step does not come out. */
export async function tellStory(props: StoryProps, show: Show): Promise<Told> {
  const timings = new Map<string, number>();
  async function step<T>(title: string, work: (say: Say) => Promise<readonly [T, string]>): Promise<T> {
    let made: { readonly value: T } | undefined;
    await show(title, async (say) => {
      const startedAt = performance.now();
      const [value, result] = await work(say);
      const seconds = (performance.now() - startedAt) / 1000;
      timings.set(title, seconds);
      made = { value };
      return `${result} (${seconds.toFixed(1)} s)`;
    });
    if (!made) throw new Error(`"${title}" was not performed`);
    return made.value;
  }

  const region = await step('Start the laptop region', async (say) => {
    const started = await props.startRegion(say);
    return [started, started.edgeUrl];
  });
  const app = await step('Deploy the CDK app', async (say) => {
    const deployed = await props.deploy(region, say);
    return [deployed, deployed.outputs.ApiUrl];
  });
  const flights = await flightRows({ folder: join(props.root, '.sluice', 'flights'), ...props });
  const alerts = await listenForAlerts();
  try {
    const chapters = await step('Two tenants: people, roles, a webhook', async () => {
      const opened = await Promise.all(WORLDS.map((world) => openChapter(app, world, props, alerts)));
      return [opened, `${opened.map(({ tenant }) => tenant.slug).join(', ')}: scientist, approver, service`];
    });
    const each = async (work: (chapter: Draft) => Promise<string>) => {
      const results = await Promise.all(chapters.map(async (chapter) => `${chapter.tenant.slug} ${await work(chapter)}`));
      return [undefined, results.join('; ')] as const;
    };
    await tellLoop({ props, app, flights, alerts, step, each });
    const invariants = await step('Invariants', async () => {
      const checked = await checkInvariants(chapters);
      const [growing, steady] = chapters;
      const foreign = steady?.scans.map(({ id }) => `/v1/scans/${id}`) ?? [];
      const prediction = steady?.traffic.scored[0]?.id;
      if (growing && steady)
        await checkApart(growing.tenant, steady.tenant, [...foreign, ...(prediction ? [`/v1/predictions/${prediction}`] : [])]);
      checked.push('an id of one tenant does not exist for the other');
      return [checked, `${checked.length} held`];
    });
    return { app, chapters, invariants, timings };
  } finally {
    await alerts.close();
  }
}

interface Loop {
  readonly props: StoryProps;
  readonly app: DeployedApp;
  readonly flights: FlightRows;
  readonly alerts: Alerts;
  step<T>(title: string, work: (say: Say) => Promise<readonly [T, string]>): Promise<T>;
  each(work: (chapter: Draft) => Promise<string>): Promise<readonly [undefined, string]>;
}

async function tellLoop({ props, app, flights, alerts, step, each }: Loop): Promise<void> {
  const pipeline = await readFile(new URL('pipeline.yaml', import.meta.url), 'utf8');
  const [april, may] = WINDOWS;

  await step('Version 1: train, evaluate, gate, approve, canary', (say) =>
    each(async (chapter) => {
      const file = await flights.dataset(chapter.tenant.world, FIRST_QUARTER);
      chapter.datasetRows = file.rows;
      const { liveVersion } = await model(chapter.tenant);
      if (liveVersion !== null) return `version ${liveVersion} is live already`;
      const dataset = await registerDataset(chapter.tenant, file);
      chapter.traffic.queue(await flights.traffic(april.from, april.before));
      chapter.first = await trainAndGoLive(chapter.tenant, pipeline, dataset, chapter.traffic, say);
      return `version ${chapter.first.execution.model?.version} is live after ${(chapter.first.rolloutMs / 1000).toFixed(1)} s of canary`;
    }),
  );
  await step('Monitors on the schedule of EventBridge', () =>
    each(async (chapter) => {
      await watch(chapter.tenant, Math.min(1000, Math.ceil(props.trafficRows / 20)));
      chapter.watched = (await scansOf(chapter.tenant)).length === WINDOWS.length;
      return chapter.watched ? 'was watched by an earlier run' : 'every minute';
    }),
  );
  for (const { name, from, before } of [april, { ...may, before: WINDOW_CLOSED }]) {
    await step(`${name} as traffic, with ground truth a day later`, (say) =>
      each(async (chapter) => {
        if (chapter.watched) return 'had it in an earlier run';
        const { traffic, tenant } = chapter;
        // April was queued before version 1 went live, unless an earlier run brought it there.
        if (name !== april.name || !chapter.first) traffic.queue(await flights.traffic(from, before));
        const already = traffic.marks.length;
        await traffic.replay(say);
        await traffic.labelAll();
        chapter.joined += await checkJoined(
          tenant,
          traffic.marks.slice(already).filter((_, index) => index % LOOK_UP_EVERY === 0),
        );
        return `${traffic.scored.length.toLocaleString('en')} scored`;
      }),
    );
  }
  const topic = await alertQueue(app, `${props.prefix ?? ''}alerts`);
  try {
    await step('Newer data: January to June 17', () =>
      each(async ({ tenant }) => {
        const file = await flights.dataset(tenant.world, HALF_YEAR);
        const { number } = await registerDataset(tenant, file);
        return `version ${number}, ${file.rows.toLocaleString('en')} rows`;
      }),
    );
    await step('Drift scans, started by EventBridge Scheduler', (say) =>
      each(async (chapter) => {
        chapter.scans = await awaitScans(chapter.tenant, say);
        return chapter.scans.map(({ headline }) => headline).join(', then ');
      }),
    );
    await step('Alerts: bus, topic, signed webhook', () =>
      each(async (chapter) => {
        const { tenant, scans, watched } = chapter;
        const alerted = scans.filter((scan) => scan.alerted);
        // What an earlier run heard is not said again.
        if (watched) return 'were heard by an earlier run';
        for (const { id } of alerted) await alerts.awaitAlert(tenant.slug, id, ALERT_LIMIT_MS);
        chapter.alerts = alerts.heard(tenant.slug).length;
        const last = alerted.at(-1);
        if (last) await topic.awaitMessage(last.id, ALERT_LIMIT_MS);
        return alerted.length === 0 ? 'quiet' : `${chapter.alerts} verified`;
      }),
    );
  } finally {
    await topic.close();
  }
  await step('Retraining: decide, train, meet the champion, approve, canary', (say) =>
    each(async (chapter) => {
      chapter.traffic.queue(await flights.traffic(HALF_YEAR, MONTH_END));
      chapter.renewal = await awaitRenewal(chapter.tenant, chapter.scans, chapter.traffic, say);
      const { decisions, followed } = chapter.renewal;
      await chapter.traffic.labelAll();
      if (!followed) return decisions.length === 0 ? 'had no cause' : `was refused: ${decisions.map(({ reason }) => reason).join(', ')}`;
      const { execution } = followed;
      return execution.status === 'succeeded'
        ? `version ${execution.model?.version} is the champion`
        : `${execution.status}, version 1 stays`;
    }),
  );
}

async function openChapter(app: DeployedApp, world: World, props: StoryProps, alerts: Alerts): Promise<Draft> {
  const tenant = await openTenant(app, world, `${props.prefix ?? ''}${world}`);
  await alerts.subscribe(tenant);
  return {
    tenant,
    traffic: trafficOf(tenant, trafficShape(props)),
    datasetRows: 0,
    first: undefined,
    joined: 0,
    scans: [],
    alerts: 0,
    renewal: { decisions: [], followed: undefined },
    watched: false,
  };
}

/** About a thousand single calls in the whole story, and calls while a rollout bakes that leave most of April for afterwards. */
function trafficShape({ trafficRows }: StoryProps): TrafficProps {
  const share = Math.min(1, trafficRows / 100_000);
  return { singlesPerDay: Math.max(2, Math.round(16 * share)), gentleRows: Math.max(8, Math.round(64 * share)) };
}

async function model({ asScientist }: Tenant): Promise<{ liveVersion: number | null; aliases: Readonly<Record<string, number>> }> {
  const { items } = await asScientist.get<{
    items: readonly { name: string; liveVersion: number | null; aliases: Readonly<Record<string, number>> }[];
  }>('/v1/models');
  return items.find(({ name }) => name === 'flights') ?? { liveVersion: null, aliases: {} };
}
