import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Region } from '../../local/region.ts';
import type { DeployedApp } from '../../setup/deployed-app.ts';
import { flightRows, type World } from './rows.ts';
import { openTenant, type Tenant } from './tenants.ts';
import { checkApart, checkJoined, predict, type Replay, recordGroundTruth } from './traffic.ts';
import { type DatasetVersion, registerDataset, type TrainedModel, trainAndApprove } from './training.ts';

type Say = (line: string) => void;

export interface StoryProps {
  readonly root: string;
  /** Keeps one flight in so many; 1 is the whole story. */
  readonly everyNth: number;
  /** Put before the tenants' names, so that a test tells its own story beside the user's. */
  readonly prefix?: string;
  startRegion(say: Say): Promise<Region>;
  deploy(region: Region, say: Say): Promise<DeployedApp>;
}

export interface Chapter {
  readonly tenant: Tenant;
  readonly datasetRows: number;
  readonly dataset: DatasetVersion;
  readonly trained: TrainedModel;
  readonly replay: Replay;
  readonly labels: Readonly<Record<string, number>>;
  readonly joined: number;
}

export interface Told {
  readonly app: DeployedApp;
  readonly chapters: readonly Chapter[];
  /** Seconds by task title. */
  readonly timings: ReadonlyMap<string, number>;
}

const WORLDS: readonly World[] = ['growing', 'steady'];
const APRIL_ROWS = 5_220;
const SINGLES = 100;
const LOOK_UP_EVERY = 97;

/** Performs one task and shows it: its title while it runs with what it says, then its result. */
export type Show = (title: string, work: (say: Say) => Promise<string>) => Promise<void>;

/** From rows to a live model, once per tenant; throws with the reason when a step does not come out. */
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
  const flights = await flightRows(join(props.root, '.sluice', 'flights'), props.everyNth);
  const pipeline = await readFile(new URL('pipeline.yaml', import.meta.url), 'utf8');

  const chapters: Chapter[] = [];
  for (const world of WORLDS) {
    const slug = `${props.prefix ?? ''}${world}`;
    const tenant = await step(`${slug}: people and their roles`, async () => [
      await openTenant(app, world, slug),
      'scientist, approver, service',
    ]);
    const { file, dataset } = await step(`${slug}: dataset`, async (say) => {
      const written = await flights.firstQuarter(world);
      say(`${written.rows} rows, ${(written.bytes / 1e6).toFixed(1)} MB`);
      const registered = await registerDataset(tenant, written);
      return [{ file: written, dataset: registered }, `flights version ${registered.number}, ${written.rows.toLocaleString('en')} rows`];
    });
    const trained = await step(`${slug}: train, evaluate, gate, approve, go live`, async (say) => {
      const model = await trainAndApprove(tenant, pipeline, dataset, say);
      return [model, `model flights version ${model.version} is live`];
    });
    const replay = await step(`${slug}: predictions`, async () => {
      const april = await flights.april(world, Math.ceil(APRIL_ROWS / props.everyNth) + SINGLES);
      const replayed = await predict(tenant, trained.version, april, SINGLES);
      return [replayed, `${april.length} of April's flights, ${replayed.singles} single calls and ${replayed.batches} batches`];
    });
    const { labels, joined } = await step(`${slug}: ground truth`, async () => {
      const recorded = await recordGroundTruth(tenant, replay);
      const found = await checkJoined(tenant, replay, LOOK_UP_EVERY);
      return [{ labels: recorded, joined: found }, `${replay.predictions.length} labels, ${found} predictions looked up with their truth`];
    });
    chapters.push({ tenant, datasetRows: file.rows, dataset, trained, replay, labels, joined });
  }

  await step('Tenants are apart', async () => {
    const [growing, steady] = chapters;
    const prediction = steady?.replay.predictions[0]?.id;
    if (!growing || !steady || !prediction) throw new Error('the story needs two tenants with predictions');
    await checkApart(growing.tenant, steady.tenant, { execution: steady.trained.execution.id, prediction });
    return [undefined, `an id of ${steady.tenant.slug} does not exist for ${growing.tenant.slug}`];
  });
  return { app, chapters, timings };
}
