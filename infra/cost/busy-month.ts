import { type PriceName, priced } from './prices.ts';

/** What happens in a month, beyond what idle costs already. */
export interface Load {
  readonly predictionCalls: number;
  readonly models: number;
  readonly scans: number;
  readonly executions: number;
  /** Aurora's capacity beyond the stage's floor, summed over the hours: 2 ACU for 100 hours are 200. */
  readonly acuHours: number;
  /** DocumentDB's, likewise. */
  readonly dcuHours: number;
}

/** What one of each uses. Times are those of warm functions at the sizes of infra/; `npm run bench` and a bill say better. */
const USE = {
  predictSeconds: 0.02,
  predictGb: 1769 / 1024,
  /** A call's message is sent once, and received and deleted in batches of a hundred. */
  requestsOfQueue: 1.02,
  callsPerLogBatch: 100,
  logBatchGbSeconds: 0.5,
  mongoIosPerCall: 2,
  /** Metrics, the gateway's line, Lambda's two. */
  logGbPerCall: 1e-6,
  /** PredictedRows, PredictionMs and PredictionErrors of a live version; and of a model on average three kinds of facts. */
  metricsPerModel: 3 + 3,
  scanGbSeconds: 60,
  scanTransitions: 8,
  executionGbSeconds: 120,
  executionTransitions: 30,
  trainingHoursPerExecution: 0.1,
  eventsPerExecution: 12,
} as const;

const METRICS_OF_FIRST_PRICE = 10_000;

export interface BusyLine {
  readonly what: string;
  readonly formula: string;
  readonly usd: number;
}

/** What a month of this load adds to the idle cost of its stage. */
export function busyMonth({ predictionCalls: calls, models, scans, executions, acuHours, dcuHours }: Load): readonly BusyLine[] {
  const sum = (...uses: readonly (readonly [PriceName, number])[]) => uses.reduce((usd, [price, units]) => usd + priced(price, units), 0);
  const batches = calls / USE.callsPerLogBatch;
  const metrics = models * USE.metricsPerModel;
  return [
    {
      what: 'predictions: gateway and function',
      formula: `calls × (API request + Lambda request + ${USE.predictSeconds} s × ${USE.predictGb.toFixed(2)} GB)`,
      usd: sum(['httpApiRequest', calls / 1e6], ['lambdaRequest', calls / 1e6], ['lambdaTime', calls * USE.predictSeconds * USE.predictGb]),
    },
    {
      what: 'prediction log: queue, function, S3, Mongo',
      formula: `calls × (${USE.requestsOfQueue} SQS requests + ${USE.mongoIosPerCall} I/Os) + calls / ${USE.callsPerLogBatch} × (${USE.logBatchGbSeconds} GB-s + Lambda request + S3 put)`,
      usd: sum(
        ['sqsRequest', (calls * USE.requestsOfQueue) / 1e6],
        ['documentDbIo', (calls * USE.mongoIosPerCall) / 1e6],
        ['lambdaTime', batches * USE.logBatchGbSeconds],
        ['lambdaRequest', batches / 1e6],
        ['s3Put', batches / 1e6],
      ),
    },
    { what: 'logs', formula: 'calls × 1 kB', usd: sum(['logIngestion', calls * USE.logGbPerCall]) },
    {
      what: 'metrics by model and version',
      formula: `models × ${USE.metricsPerModel} metrics, dearer up to ${METRICS_OF_FIRST_PRICE.toLocaleString('en')}`,
      usd: sum(
        ['customMetric', Math.min(metrics, METRICS_OF_FIRST_PRICE)],
        ['customMetricBeyond', Math.max(0, metrics - METRICS_OF_FIRST_PRICE)],
      ),
    },
    {
      what: 'drift scans',
      formula: `scans × (${USE.scanGbSeconds} GB-s + ${USE.scanTransitions} transitions)`,
      usd: sum(['lambdaTime', scans * USE.scanGbSeconds], ['transition', (scans * USE.scanTransitions) / 1e6]),
    },
    {
      what: 'executions: steps',
      formula: `executions × (${USE.executionGbSeconds} GB-s + ${USE.executionTransitions} transitions + ${USE.eventsPerExecution} events)`,
      usd: sum(
        ['lambdaTime', executions * USE.executionGbSeconds],
        ['transition', (executions * USE.executionTransitions) / 1e6],
        ['event', (executions * USE.eventsPerExecution) / 1e6],
      ),
    },
    {
      what: 'executions: training jobs',
      formula: `executions × ${USE.trainingHoursPerExecution} h of ml.m5.xlarge`,
      usd: sum(['trainingHour', executions * USE.trainingHoursPerExecution]),
    },
    { what: 'Aurora beyond its floor', formula: 'ACU-hours', usd: sum(['auroraAcu', acuHours]) },
    { what: 'DocumentDB beyond its floor', formula: 'DCU-hours', usd: sum(['documentDbDcu', dcuHours]) },
  ];
}

/** A month in which one team works on five models. */
export const BUSY_SMALL: Load = { predictionCalls: 1e6, models: 5, scans: 150, executions: 40, acuHours: 0.5 * 9 * 22, dcuHours: 0.5 * 60 };

/** 10,000 tenants with one model each: 10,000 calls, a scan a day, a training a month. */
export const TEN_THOUSAND_TENANTS: Load = {
  predictionCalls: 1e8,
  models: 10_000,
  scans: 300_000,
  executions: 10_000,
  acuHours: 8 * 730,
  dcuHours: 16 * 730,
};
