import * as z from 'zod';
import { ALGORITHMS, COLUMN_ROLES, COLUMN_TYPES, METRICS, type PipelineDefinition } from '#core/pipelines/index.ts';
import { CANARY_DEFAULTS, STRATEGIES } from '#core/rollout/index.ts';
import { Name } from './fields.ts';

/** Column names become ONNX inputs and quoted SQL names. */
const ColumnName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a column name is 1 to 63 letters, digits and "_", not beginning with a digit');
const Share = z.number().min(0).max(1);
const Moment = z.string().refine((text) => !Number.isNaN(momentOf(text)), 'a moment is written as 2001-03-01 or 2001-03-01T00:00:00Z');
const Scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Only forms that mean the same moment everywhere: a date, or a time with its offset. */
function momentOf(text: string): number {
  return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
}

const Column = z.strictObject({
  type: z.enum(COLUMN_TYPES),
  role: z.enum(COLUMN_ROLES).default('feature'),
  nullable: z.boolean().default(false),
  maxMissing: Share.optional(),
  min: z.number().optional(),
  max: z.number().optional(),
});

const comparison = { atLeast: z.number().optional(), atMost: z.number().optional(), oneOf: z.array(Scalar).min(1).max(1000).optional() };

const PrepareStep = z.union([
  z.strictObject({ keep: z.strictObject({ column: ColumnName, ...comparison }) }),
  z.strictObject({
    derive: z.strictObject({ column: ColumnName, from: ColumnName, role: z.enum(['feature', 'target']).default('feature'), ...comparison }),
  }),
]);

const Quality = z.strictObject({
  missing: Share.default(0.01),
  outOfRange: Share.default(0.001),
  duplicates: Share.default(0.05),
  minRows: z.int().min(10).default(100),
  unique: z.array(ColumnName).min(1).optional(),
  freshness: z.strictObject({ column: ColumnName, maxHours: z.number().positive() }).optional(),
});

const PositiveShare = z.number().gt(0).lt(1);
const Shares = z.strictObject({ train: PositiveShare, validation: PositiveShare, test: PositiveShare });

const Days = z.int().min(1).max(3650);

const Split = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('time'),
    column: ColumnName,
    trainUntil: Moment.optional(),
    validationUntil: Moment.optional(),
    shares: Shares.optional(),
    validationDays: Days.optional(),
    testDays: Days.optional(),
    trainDays: Days.optional(),
  }),
  z.strictObject({
    by: z.literal('random'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(7),
    shares: Shares.default({ train: 0.7, validation: 0.15, test: 0.15 }),
  }),
]);

const Training = z.strictObject({
  image: z.enum(['sklearn']).default('sklearn'),
  algorithm: z.enum(ALGORITHMS).optional(),
  source: z
    .strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'the sha256 of the uploaded tarball: 64 hexadecimal digits'),
      entryPoint: z.string().regex(/^[A-Za-z0-9_-]+\.(py|sh)$/, 'the script inside the tarball, such as train.py'),
    })
    .optional(),
  hyperparameters: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,127}$/), z.union([Scalar, z.null()])).default({}),
  instanceType: z
    .string()
    .regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'an instance type of SageMaker, such as ml.m5.large')
    .default('ml.m5.large'),
  volumeGB: z.int().min(1).max(16_384).optional(),
  /** A part of a minute is allowed, for a first look and for tests. */
  maxRuntimeMinutes: z
    .number()
    .min(0.1)
    .max(24 * 60)
    .default(30),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(7),
});

const Evaluation = z.strictObject({
  threshold: z.number().gt(0).lt(1).default(0.5),
  resamples: z.int().min(50).max(2000).default(200),
  confidence: z.number().min(0.5).max(0.999).default(0.95),
  segments: z.array(ColumnName).max(5).default([]),
});

const Gate = z.strictObject({
  metric: z.enum(METRICS),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  noWorseThan: z.literal('champion').optional(),
  margin: z.number().min(0).optional(),
  on: z.enum(['bound', 'point']).default('bound'),
});

const Approval = z.strictObject({
  required: z.boolean().default(true),
  timeoutHours: z
    .number()
    .gt(0)
    .max(24 * 90)
    .default(72),
});

const { steps, limits, ...enough } = CANARY_DEFAULTS;
const LONGEST_MINUTES = 24 * 60;
/** A part of a minute is allowed, for a first look and for tests. */
const Minutes = z.number().min(0).max(LONGEST_MINUTES);
const Canary = z.strictObject({
  steps: z
    .array(z.strictObject({ share: z.number().gt(0).max(1), bakeMinutes: Minutes }))
    .min(1)
    .max(10)
    .default([...steps]),
  minRows: z.int().min(1).default(enough.minRows),
  minCalls: z.int().min(1).default(enough.minCalls),
  patienceMinutes: Minutes.default(enough.patienceMinutes),
  limits: z
    .strictObject({
      errorRate: z.number().gt(0).lt(1).default(limits.errorRate),
      latencyP95Ms: z.number().positive().default(limits.latencyP95Ms),
      latencyRatio: z.number().gt(1).default(limits.latencyRatio),
      predictionDrift: z.number().positive().default(limits.predictionDrift),
    })
    .prefault({}),
});

const Deployment = z.strictObject({
  model: Name,
  alias: Name.default('champion'),
  strategy: z.enum(STRATEGIES).default('all-at-once'),
  canary: Canary.optional(),
});

/** The whole of one environment of a `pipeline.yaml`, as `environments` is taken out and laid over it. */
export const PipelineFile = z.strictObject({
  pipeline: Name,
  description: z.string().max(2000).default(''),
  dataset: Name,
  schema: z.record(ColumnName, Column).refine((columns) => Object.keys(columns).length <= 1000, 'at most 1000 columns'),
  quality: Quality.prefault({}),
  prepare: z.array(PrepareStep).max(50).default([]),
  split: Split,
  training: Training,
  evaluation: Evaluation.prefault({}),
  gates: z.array(Gate).max(50).default([]),
  approval: Approval.prefault({}),
  deployment: Deployment,
}) satisfies z.ZodType<PipelineDefinition>;
