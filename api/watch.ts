import * as z from 'zod';
import { DEPLOYMENT_STATUSES, STAGES } from '#core/registry/index.ts';
import { HEALTH_STATUSES } from '#core/watch/index.ts';
import { auditRoutes } from './audit.ts';
import { Id, Moment, Name, PolicyNumber, RunId, Sha256, VersionNumber } from './fields.ts';
import { route } from './route.ts';

const LONGEST_MINUTES = 1440;
const Minutes = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, 'a whole number of minutes')
  .transform(Number)
  .pipe(z.int().min(1).max(LONGEST_MINUTES))
  .default(60)
  .describe('How far back calls are looked at, by the wall clock.');

const Share = z.number().min(0).max(1);
const Facts = z.record(z.string(), z.unknown());

const VersionHealth = z.strictObject({
  version: VersionNumber,
  share: Share.describe('Of the units, that the version is meant to serve now.'),
  calls: z.int(),
  rows: z.int(),
  errors: z.int(),
  errorRate: Share.nullable(),
  latencyMs: z
    .strictObject({
      p50: z.number(),
      p95: z.number(),
      p99: z.number(),
      calls: z.int().describe('How many of the newest calls this is of.'),
    })
    .nullable()
    .describe('Of calls that were answered, the newest 2,000 of the window at most.'),
  rowsPerMinute: z.number(),
  lastCallAt: Moment.nullable(),
});

const Drift = z.strictObject({
  monitor: Name,
  verdict: z.enum(['drift', 'no_drift', 'insufficient']).nullable().describe('Null while the scan runs and when it failed.'),
  status: z.enum(['running', 'succeeded', 'failed']),
  window: z.strictObject({ from: Moment, to: Moment }),
  scan: Id,
  at: Moment,
});

const Health = z.strictObject({
  model: Name,
  status: z.enum(HEALTH_STATUSES),
  reasons: z.array(z.string()).readonly().describe('Why, one sentence each.'),
  liveVersion: VersionNumber.nullable(),
  aliases: z.record(Name, VersionNumber),
  rollout: z
    .strictObject({ id: Id, version: VersionNumber, share: Share, status: z.string() })
    .nullable()
    .describe('The newest one, at work or ended.'),
  versions: z.array(VersionHealth).readonly(),
  drift: z.array(Drift).readonly().describe('The latest window of each monitor.'),
  retraining: z
    .strictObject({
      id: Id,
      monitor: Name,
      scan: Id,
      cause: z.string(),
      decision: z.enum(['start', 'refuse']),
      reason: z.string(),
      execution: Id.nullable(),
      decidedAt: Moment,
    })
    .nullable()
    .describe('The newest decision.'),
  window: z.strictObject({ from: Moment, to: Moment, minutes: z.int() }),
});

const Part = z.strictObject({ sha256: Sha256, rows: z.int(), from: z.string().nullable(), until: z.string().nullable() });

const Lineage = z.strictObject({
  prediction: z.strictObject({
    id: z.string(),
    model: Name,
    version: VersionNumber,
    arm: z.string(),
    unit: z.string().optional(),
    eventTime: z.string(),
    receivedAt: z.string(),
    output: z.strictObject({ label: z.boolean(), score: z.number() }),
  }),
  groundTruth: z
    .strictObject({ value: z.boolean(), observedAt: z.string(), receivedAt: z.string(), contradictedBy: z.array(z.string()).readonly() })
    .nullable(),
  version: z.strictObject({
    id: Id,
    number: VersionNumber,
    stage: z.enum(STAGES),
    deploymentStatus: z.enum(DEPLOYMENT_STATUSES),
    artifactSha256: Sha256,
    artifactBytes: z.int(),
    createdBy: z.string(),
    createdAt: Moment,
  }),
  run: z
    .strictObject({
      id: RunId,
      experiment: z.string(),
      name: z.string(),
      status: z.string(),
      params: z.record(z.string(), z.string()),
      metrics: z.record(z.string(), z.number()),
    })
    .nullable(),
  execution: z
    .strictObject({
      id: Id,
      status: z.string(),
      environment: z.string().nullable(),
      createdBy: z.string(),
      createdAt: Moment,
      endedAt: Moment.nullable(),
    })
    .nullable(),
  retraining: z
    .strictObject({
      id: Id,
      monitor: Name,
      scan: Id,
      cause: z.string(),
      reason: z.string(),
      decidedAt: Moment,
      window: z.strictObject({ from: Moment, to: Moment }),
    })
    .nullable()
    .describe(
      'The decision that ordered the execution, and the window whose scan asked for it; null when a person or a service ordered it.',
    ),
  pipeline: z.strictObject({ name: Name, version: VersionNumber, sourceSha256: Sha256 }).nullable(),
  dataset: z
    .strictObject({
      name: Name,
      version: VersionNumber,
      label: z.string().nullable(),
      sha256: Sha256,
      bytes: z.int(),
      createdBy: z.string(),
      createdAt: Moment,
    })
    .nullable(),
  rows: z.record(z.string(), Part).nullable().describe('What each part of the split held: train, validation and test.'),
  training: z.strictObject({ job: z.string(), seconds: z.number().nullable() }).nullable(),
  evaluation: z.strictObject({ id: Id, rows: z.int(), rowsSha256: Sha256, metrics: Facts }).nullable(),
  gates: z
    .array(
      z.strictObject({
        gate: z.string(),
        metric: z.string(),
        comparison: z.string(),
        observed: z.number().nullable(),
        threshold: z.number(),
        passed: z.boolean(),
        reason: z.string(),
        policyVersion: PolicyNumber,
        decidedAt: Moment,
      }),
    )
    .readonly(),
  approval: z
    .strictObject({
      id: Id,
      status: z.string(),
      author: z.string(),
      decidedBy: z.string().nullable(),
      decidedAt: Moment.nullable(),
      comment: z.string().nullable(),
      policyVersion: PolicyNumber,
    })
    .nullable(),
  rollout: z
    .strictObject({
      id: Id,
      status: z.string(),
      alias: Name,
      baselineVersion: VersionNumber.nullable(),
      reason: Facts.nullable(),
      policyVersion: PolicyNumber,
      createdBy: z.string(),
      createdAt: Moment,
      endedAt: Moment.nullable(),
      judgements: z
        .array(
          z.strictObject({
            number: z.int(),
            step: z.int(),
            verdict: z.string(),
            checks: z.array(z.unknown()).readonly(),
            decidedAt: Moment,
          }),
        )
        .readonly(),
    })
    .nullable()
    .describe('The newest one of the version that had begun when the prediction was made.'),
});

export const watchRoutes = {
  ...auditRoutes,
  findModelHealth: route({
    method: 'GET',
    path: '/v1/models/{model}/health',
    plane: 'watch',
    permission: 'registry:read',
    summary:
      'How a model does and why: what its versions answered, its rollout, what its monitors found, and the newest decision about retraining.',
    request: z.strictObject({ model: Name, minutes: Minutes }),
    response: Health,
    refuses: ['not_found'],
  }),
  readMetrics: route({
    method: 'GET',
    path: '/v1/metrics',
    plane: 'watch',
    permission: 'registry:read',
    summary: 'The tenant’s metrics in the text format of Prometheus, version 0.0.4.',
    request: z.strictObject({}),
    response: z.string(),
    produces: 'text/plain',
  }),
  findPredictionLineage: route({
    method: 'GET',
    path: '/v1/predictions/{prediction}/lineage',
    plane: 'watch',
    permission: 'predictions:read',
    summary:
      'What a prediction goes back to: version, run, execution, the retraining that ordered it, pipeline, dataset, rows, gates, who approved it, and how it was rolled out.',
    request: z.strictObject({ prediction: z.uuid().transform((id) => id.toLowerCase()) }),
    response: Lineage,
    refuses: ['not_found'],
  }),
  readScanReport: route({
    method: 'GET',
    path: '/v1/scans/{scan}/report',
    plane: 'watch',
    permission: 'monitors:read',
    summary: 'Everything that a scan found, as its report was written.',
    request: z.strictObject({ scan: Id }),
    response: Facts,
    refuses: ['not_found'],
  }),
};
