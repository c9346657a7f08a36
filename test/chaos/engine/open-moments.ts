import { setTimeout as sleep } from 'node:timers/promises';
import { readRecord } from '../../../local/region-record.ts';
import { smallPipeline } from '../../e2e/rows.ts';
import type { Actor } from '../real/actor.ts';
import { executionInTheWay, MODEL, upload } from '../real/learn.ts';
import { FIRST_HOUR } from '../real/serve.ts';
import type { Stores } from '../real/stores.ts';
import { stubbornly } from '../real/stubbornly.ts';
import { findVictim } from '../real/victims.ts';

/** What an engine's end meets in the middle, each with how Postgres says that it is. */
const OPEN = {
  training: `select 1 from step join execution on execution.id = step.execution_id
    where execution.id = $1 and execution.status = 'running' and step.name = 'train' and step.status = 'running'`,
  approval: `select 1 from approval where execution_id = $1 and status = 'pending'`,
  canary: `select 1 from rollout join deployment on deployment.rollout_id = rollout.id
    where rollout.execution_id = $1 and rollout.status = 'running' and jsonb_array_length(deployment.arms) > 1`,
  scan: `select 1 from scan where run = $1 and status = 'running'`,
  batch: `select 1 from batch_prediction where id = $1 and status = 'running'`,
} as const;
export type Moment = keyof typeof OPEN;
export const MOMENTS = Object.keys(OPEN) as readonly Moment[];

/** By moment the id of an execution, of a run of scans, of a batch. */
export type Opened = Readonly<Record<Moment, string>>;

const LOOK_MS = 100;
/** A training job, a scan and a batch last seconds: when they miss one another, others are begun. */
const MOST_TRIES = 6;
const TRY_MS = 60_000;
const MEET_MS = 15_000;
/** Some parts of a batch, and the windows of one run, at the pace of a laptop. */
const BATCH_ROWS = 400_000;

/** Bakes for longer than it takes to open the others. */
const SLOW_CANARY = `strategy: canary, canary: { steps: [{ share: 0.5, bakeMinutes: 1.2 }, { share: 1, bakeMinutes: 0.04 }], minRows: 1, minCalls: 1,
  patienceMinutes: 3, limits: { errorRate: 0.9, latencyP95Ms: 30000, latencyRatio: 1000, predictionDrift: 100 } }`;

export interface OpenMomentsProps {
  readonly stores: Stores;
  /** One of a tenant who trains, waits and scores; one of a tenant who rolls out and scans. */
  readonly actors: readonly [Actor, Actor];
  readonly regionFolder: string;
}

/** Brings all five about at once, and returns while each is seen to be open. */
export async function openMoments({ stores, actors: [first, second], regionFolder }: OpenMomentsProps): Promise<Opened> {
  const isOpen = async (moment: Moment, id: string | undefined) => id !== undefined && (await stores.query(OPEN[moment], [id])).length > 0;
  const trains = async () => {
    const record = await readRecord(regionFolder);
    return record?.state === 'ready' && (await findVictim(record, 'training', 0)) !== undefined;
  };
  // One after the other: what is trained first is recorded, and the execution that waits takes it from there.
  const canary = await begin(stores, second, MODEL, smallPipeline({ deployment: SLOW_CANARY }));
  const approval = await waiting(stores, first);
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    await within(TRY_MS, async () => (await isOpen('canary', canary)) && (await isOpen('approval', approval)));
    const training = await begin(stores, first, 'learns', smallPipeline({ name: 'learns', training: longTraining(first) }));
    await within(TRY_MS, async () => (await isOpen('training', training)) && (await trains()));
    const [scan, batch] = await Promise.all([scanAnew(second), scoreFile(first)]);
    const opened = { training, approval, canary, scan, batch };
    const allOpen = async () => (await Promise.all([trains(), ...MOMENTS.map((moment) => isOpen(moment, opened[moment]))])).every(Boolean);
    if (await within(MEET_MS, allOpen)) return opened;
  }
  throw new Error(`a training job, an approval, a canary, a scan and a batch were not open at once in ${MOST_TRIES} tries`);
}

/** An execution that asks for an approval and is not given it; returns when it waits. */
export async function waiting(stores: Stores, actor: Actor): Promise<string> {
  const id = await begin(stores, actor, 'waits', smallPipeline({ name: 'waits', approval: '{ required: true }' }));
  if (!(await within(TRY_MS, async () => (await stores.query(OPEN.approval, [id])).length > 0)))
    throw new Error(`the execution ${id} asked for no approval`);
  return id;
}

/** Starts an execution over the tenant's newest rows; whoever is in its way is waited for. */
export async function begin(stores: Stores, { tenant, ledger, counter }: Actor, pipeline: string, source: string): Promise<string> {
  const { asScientist, slug } = tenant;
  await stubbornly(() => asScientist.put(`/v1/pipelines/${pipeline}`, { source }));
  const [newest] = await stores.query(
    'select max(v.number)::int as number from dataset_version v join tenant t on t.id = v.tenant_id where t.slug = $1',
    [slug],
  );
  for (;;) {
    const key = `engine-${pipeline}-${counter(`engine-${pipeline}`)}`;
    const started = await stubbornly(() =>
      asScientist.post<{ id: string }>(
        `/v1/pipelines/${pipeline}/executions`,
        { datasetVersion: newest?.['number'] },
        { idempotencyKey: key },
      ),
    ).then(({ id }) => ({ id, isOurs: true }), executionInTheWay);
    if (started.isOurs) {
      ledger.add({ tenant: slug, kind: 'execution', id: started.id });
      return started.id;
    }
    await sleep(5 * LOOK_MS);
  }
}

/** Different at each call, so that no recorded step takes its place, and as long as a few hundred rows allow. */
export function longTraining({ counter }: Actor): string {
  const more = `max_iter: ${3000 + counter('engine-training')}, early_stopping: false, min_samples_leaf: 2`;
  return `{ algorithm: gradient_boosting, hyperparameters: { ${more} } }`;
}

/** A monitor that knows no window yet has as many due as one run takes on. */
async function scanAnew({ tenant, ledger, counter }: Actor): Promise<string> {
  const monitor = `/v1/models/${MODEL}/monitors/engine-${counter('engine-monitor')}`;
  const window = { hours: 1, startsAt: new Date(FIRST_HOUR).toISOString() };
  await stubbornly(() => tenant.asScientist.put(monitor, { reference: { kind: 'training' }, window, clock: 'watermark', minRows: 50 }));
  const { run } = await stubbornly(() => tenant.asScientist.post<{ run: string }>(`${monitor}/scans`, {}, { idempotencyKey: monitor }));
  ledger.add({ tenant: tenant.slug, kind: 'scans', run });
  return run;
}

async function scoreFile({ tenant, ledger, counter }: Actor): Promise<string> {
  const turn = counter('engine-batch');
  const lines = Array.from({ length: BATCH_ROWS }, (_, row) => `${turn}-${row},${row % 100},${row % 2 ? 'red' : 'blue'}`);
  const sha256 = await upload(tenant, 'batch', Buffer.from(`id,size,colour\n${lines.join('\n')}\n`));
  const order = { sha256, format: 'csv' };
  const { id } = await stubbornly(() =>
    tenant.asService.post<{ id: string }>(`/v1/models/${MODEL}/batches`, order, { idempotencyKey: `engine-batch-${turn}` }),
  );
  ledger.add({ tenant: tenant.slug, kind: 'batch', id, rows: BATCH_ROWS });
  return id;
}

/** Whether it came true in time. */
export async function within(limitMs: number, isTrue: () => Promise<boolean>): Promise<boolean> {
  const until = Date.now() + limitMs;
  while (!(await isTrue())) {
    if (Date.now() > until) return false;
    await sleep(LOOK_MS);
  }
  return true;
}
