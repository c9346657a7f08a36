import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListrTask } from 'listr2';
import type { Region } from '../../local/region.ts';
import type { DeployedApp } from '../../setup/deployed-app.ts';
import { type FlightRows, flightRows, type World } from './rows.ts';
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

/** From rows to a live model, once per tenant; throws with the reason when a step does not come out. */
export async function tellStory(props: StoryProps, perform: (tasks: ListrTask[]) => { run(): Promise<unknown> }): Promise<Told> {
  const timings = new Map<string, number>();
  const timed = (title: string, work: (say: Say) => Promise<string>): ListrTask => ({
    title,
    task: async (_, task) => {
      const startedAt = performance.now();
      const result = await work((line) => {
        task.output = line;
      });
      const seconds = (performance.now() - startedAt) / 1000;
      timings.set(title, seconds);
      task.title = `${title}: ${result} (${seconds.toFixed(1)} s)`;
    },
  });

  let region: Region | undefined;
  let app: DeployedApp | undefined;
  let flights: FlightRows | undefined;
  await perform([
    timed('Start the laptop region', async (say) => {
      region = await props.startRegion(say);
      return region.edgeUrl;
    }),
    timed('Deploy the CDK app', async (say) => {
      app = await props.deploy(told(region), say);
      return `${told(app).outputs.ApiUrl}`;
    }),
    timed('Open the flights', async () => {
      flights = await flightRows(join(props.root, '.sluice', 'flights'), props.everyNth);
      return 'January to June 2001, vega-datasets';
    }),
  ]).run();

  const chapters: Chapter[] = [];
  const pipeline = await readFile(new URL('pipeline.yaml', import.meta.url), 'utf8');
  for (const world of WORLDS) {
    const slug = `${props.prefix ?? ''}${world}`;
    const chapter: { -readonly [Key in keyof Chapter]?: Chapter[Key] } = {};
    await perform([
      timed(`${slug}: people and their roles`, async () => {
        chapter.tenant = await openTenant(told(app), world, slug);
        return 'scientist, approver, service';
      }),
      timed(`${slug}: dataset`, async (say) => {
        const file = await told(flights).firstQuarter(world);
        say(`${file.rows} rows, ${(file.bytes / 1e6).toFixed(1)} MB`);
        chapter.datasetRows = file.rows;
        chapter.dataset = await registerDataset(told(chapter.tenant), file);
        return `flights version ${chapter.dataset.number}, ${file.rows.toLocaleString('en')} rows`;
      }),
      timed(`${slug}: train, evaluate, gate, approve, go live`, async (say) => {
        chapter.trained = await trainAndApprove(told(chapter.tenant), pipeline, told(chapter.dataset), say);
        return `model flights version ${chapter.trained.version} is live`;
      }),
      timed(`${slug}: predictions`, async () => {
        const april = await told(flights).april(world, Math.ceil(APRIL_ROWS / props.everyNth) + SINGLES);
        chapter.replay = await predict(told(chapter.tenant), told(chapter.trained).version, april, SINGLES);
        const { predictions, singles, batches } = chapter.replay;
        return `${predictions.length} of April's flights, ${singles} single calls and ${batches} batches`;
      }),
      timed(`${slug}: ground truth`, async () => {
        chapter.labels = await recordGroundTruth(told(chapter.tenant), told(chapter.replay));
        chapter.joined = await checkJoined(told(chapter.tenant), told(chapter.replay), LOOK_UP_EVERY);
        return `${told(chapter.replay).predictions.length} labels, ${chapter.joined} predictions looked up with their truth`;
      }),
    ]).run();
    chapters.push(chapter as Chapter);
  }

  await perform([
    timed('Tenants are apart', async () => {
      const [growing, steady] = [told(chapters[0]), told(chapters[1])];
      const theirs = { execution: steady.trained.execution.id, prediction: told(steady.replay.predictions[0]).id };
      await checkApart(growing.tenant, steady.tenant, theirs);
      return `an id of ${steady.tenant.slug} does not exist for ${growing.tenant.slug}`;
    }),
  ]).run();
  return { app: told(app), chapters, timings };
}

function told<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('a step of the story was told before the one it needs');
  return part;
}
