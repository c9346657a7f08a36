import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { dynamoDueRuns } from '../../adapters/dynamodb/due-runs.ts';
import { mongoLabels } from '../../adapters/mongo/labels.ts';
import { mongoReports } from '../../adapters/mongo/reports.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import { s3PredictionFiles } from '../../adapters/s3/prediction-files.ts';
import type { Context } from '../../core/kernel/index.ts';
import type { MonitorSettings, Scan, ScanReport } from '../../core/monitoring/index.ts';
import { planFiles } from '../../core/serving/index.ts';
import { serveTask } from '../../functions/_steps/serve-task.ts';
import { keys } from '../../functions/_stores/keys.ts';
import { sha256 } from '../../functions/_stores/sha256.ts';
import type { DriftScanDeps } from '../../functions/drift-scan/deps.ts';
import { driftScanTasks } from '../../functions/drift-scan/tasks.ts';
import { parquetArchive } from '../../functions/log-predictions/parquet-archive.ts';
import { startAws } from './aws.ts';
import { BARE_VERSION } from './bare-version.ts';
import { byBucketPolicy } from './by-bucket-policy.ts';
import { HOURLY } from './hourly-monitor.ts';
import { startMongo } from './mongo.ts';
import { newTable } from './new-table.ts';
import { openMachinesIn } from './open-machines.ts';
import { startPostgres } from './postgres.ts';

export interface LoggedFlight {
  readonly id?: string;
  readonly at: string;
  readonly distance: number;
  readonly score?: number;
}

export interface Message {
  readonly destination: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WatchedModel {
  readonly ctx: Context;
  readonly monitor: string;
  log(flights: readonly LoggedFlight[]): Promise<void>;
  label(labels: Readonly<Record<string, boolean>>): Promise<void>;
  pause(): Promise<void>;
  /** What the machine does, without the machine. */
  run(input?: object): Promise<readonly string[]>;
  step(step: string, scan: string, more?: object): Promise<object>;
  find(scan: string): Promise<Scan | undefined>;
  list(): Promise<readonly Scan[]>;
  report(scan: string): Promise<ScanReport | undefined>;
  page(scan: string): Promise<string | undefined>;
  messages(): Promise<readonly Message[]>;
  /** Name and model of each number that was measured. */
  readonly metrics: readonly string[];
}

const SIGNATURE = {
  version: 1,
  task: 'binary_classification',
  inputs: [{ name: 'distance', type: 'integer', nullable: false, onnx: 'int64' }],
  outputs: { label: 'label', probabilities: 'probabilities' },
  positive: true,
  threshold: 0.5,
};

export const WATCHING: MonitorSettings = {
  ...HOURLY,
  window: { hours: 24, startsAt: '2001-04-01T00:00:00Z' },
  minRows: 100,
  alertOn: ['columns', 'prediction', 'target', 'performance'],
};

/** What a training saw whose distances lie evenly from `from` on. */
function profile(from: number): object {
  const values = Array.from({ length: 100 }, (_, index) => from + index * 10);
  const mean = from + 495;
  return {
    version: 1,
    rows: 1000,
    features: [
      {
        name: 'distance',
        type: 'integer',
        count: 1000,
        missing: 0,
        min: from,
        max: from + 990,
        mean,
        std: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100),
        points: { bits: 52, values, counts: values.map(() => 10) },
      },
    ],
    target: { name: 'late', positives: 250, rate: 0.25 },
  };
}

/** Distances as the training saw them, moved by so many miles, at one hour. */
export function flightsAt(at: string, count: number, moved = 0, prefix = at): readonly LoggedFlight[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}-${index}`,
    at,
    distance: 100 + ((index * 37) % 100) * 10 + moved,
    score: 0.1 + ((index * 13) % 80) / 100,
  }));
}

/** The function of drift scans on the real stores, for one test file. */
export async function scanStand() {
  const [postgres, mongo, aws] = await Promise.all([startPostgres(), startMongo(), startAws()]);
  const s3 = new S3Client(aws.config);
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  const objects = s3ObjectStore(byBucketPolicy(s3), 'data');
  const connect = async () => mongo.client.db(mongo.database);
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const [labels, reports] = [mongoLabels(connect), mongoReports(connect)];
  const measured: { readonly tenant: string; readonly metric: string }[] = [];
  const metrics = {
    singleMetric: () => {
      const dimensions: Record<string, string> = {};
      const one = {
        addDimension: (name: string, value: string) => {
          dimensions[name] = value;
          return one;
        },
        addMetric: (name: string) => void measured.push({ tenant: dimensions['tenant'] ?? '', metric: `${name} ${dimensions['model']}` }),
      };
      return one;
    },
  } as unknown as DriftScanDeps['metrics'];
  const dynamo = new DynamoDBClient(aws.config);
  const [openMachines, dueRuns] = [await openMachinesIn(aws), dynamoDueRuns(dynamo, await newTable(dynamo, ['pk']))];
  const stores = { plane, openMachines, dueRuns, objects, labels, reports, files: s3PredictionFiles(s3, 'data') };
  const deps: DriftScanDeps = { ...stores, metrics, memoryMb: 256, threads: 1 };
  const handler = serveTask('drift-scan', driftScanTasks(deps));

  async function watchedModel(settings: Partial<MonitorSettings> = {}, { profiled = true } = {}): Promise<WatchedModel> {
    const { id: tenant } = await postgres.newTenant();
    const ctx: Context = { tenant, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
    const text = JSON.stringify(profile(100));
    const profileKey = keys.artifact(tenant, sha256(text), 'profile.json');
    if (profiled) await objects.putOnce(() => profileKey, Buffer.from(text), 'application/json');
    const { version, monitor } = await plane.write(ctx, {}, async (tx) => {
      const { id: modelId } = await tx.models.lock('flights', 'ada');
      const version = await tx.modelVersions.add(modelId, { ...BARE_VERSION, profileKey, signature: SIGNATURE }, 'ada', ctx.now);
      const monitor = await tx.monitors.add({ modelId, name: 'world', settings: { ...WATCHING, ...settings } }, 'ada', ctx.now);
      return { version, monitor };
    });
    const call = (event: object) => handler({ tenant, ...event }, { awsRequestId: randomUUID() });
    const step = (name: string, scan: string, more: object = {}) =>
      call({ step: name, scan, monitor: monitor.id, run: randomUUID(), ...more });
    return {
      ctx,
      monitor: monitor.id,
      step,
      async log(flights) {
        const message = {
          schema: 'sluice.predictions.v1' as const,
          tenant,
          model: 'flights',
          modelId: version.modelId,
          version: version.number,
          versionId: version.id,
          arm: 'v1',
          receivedAt: '2001-06-01T00:00:00.000Z',
          types: { distance: 'integer' as const },
          predictions: flights.map(({ id = randomUUID(), at, distance, score = 0.5 }) => ({
            id,
            eventTime: at,
            features: { distance },
            output: { label: score > 0.5, score },
          })),
        };
        await parquetArchive(objects).write(planFiles([message], sha256));
      },
      async label(values) {
        const about = { observedAt: '2001-06-02T00:00:00.000Z', receivedAt: '2001-06-02T00:00:00.000Z', recordedBy: 'ada' };
        const all = Object.entries(values).map(([predictionId, value]) => ({ predictionId, value, ...about }));
        await labels.insertOnce(tenant, all);
      },
      async pause() {
        await plane.write(ctx, {}, (tx) => tx.monitors.change(monitor, { state: 'paused' }, ctx.now));
      },
      async run(input = {}) {
        const { scans } = (await call({ step: 'plan', run: randomUUID(), monitor: monitor.id, ...input })) as { scans: readonly string[] };
        for (const scan of scans) {
          try {
            await step('scan', scan);
            await step('record', scan);
          } catch (error) {
            const { name, message } = error as Error;
            const cause = JSON.stringify({ errorType: name, errorMessage: message });
            await step('record-failure', scan, { at: 'Scan', error: name, cause });
          }
        }
        return scans;
      },
      find: (scan) => plane.read(ctx, (tx) => tx.scans.find(scan)),
      list: () => plane.read(ctx, (tx) => tx.scans.list(monitor.id, { limit: 50 })),
      report: (scan) => reports.find(tenant, scan),
      async page(scan) {
        const bytes = await objects.read(keys.driftReport(tenant, scan));
        return bytes && Buffer.from(bytes).toString('utf8');
      },
      messages: () =>
        postgres.asOwnerIn(tenant, async (client) => {
          return (await client.query('select destination, type, data from outbox order by created_at, id')).rows;
        }),
      get metrics() {
        return measured.filter((one) => one.tenant === tenant).map(({ metric }) => metric);
      },
    };
  }

  return {
    plane,
    dueRuns,
    watchedModel,
    stop: async () => {
      for (const client of [s3, dynamo]) client.destroy();
      await Promise.all([postgres.stop(), mongo.stop(), aws.stop()]);
    },
  };
}
