import { z } from 'zod';
import { ServiceError } from './service-error.ts';
import { unsupported } from './unsupported.ts';

const S3Uri = z
  .string()
  .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/, 'must be s3://<bucket>/<key prefix>')
  .max(1024);

const Channel = z.strictObject({
  ChannelName: z
    .string()
    .regex(/^[A-Za-z0-9.\-_]{1,64}$/)
    .refine((name) => !/^\.+$/.test(name), 'must not be dots only'),
  DataSource: z.strictObject({
    S3DataSource: z.strictObject({
      S3DataType: z.literal('S3Prefix'),
      S3Uri,
      S3DataDistributionType: z.literal('FullyReplicated').default('FullyReplicated'),
    }),
  }),
  ContentType: z.string().max(256).optional(),
  CompressionType: z.literal('None').optional(),
  RecordWrapperType: z.literal('None').optional(),
  InputMode: z.literal('File').optional(),
});

const Seconds = z.int().min(1);

export const TagList = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);

/** What the laptop takes of SageMaker's CreateTrainingJob request; `unsupported.ts` words what it does not take. */
export const CreateTrainingJob = z.strictObject({
  TrainingJobName: z
    .string()
    .max(63)
    .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, 'must match [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}'),
  HyperParameters: z
    .record(z.string().min(1).max(256), z.string().max(2500))
    .refine((parameters) => Object.keys(parameters).length <= 100, 'must have at most 100 entries')
    .default({}),
  AlgorithmSpecification: z.strictObject({
    TrainingImage: z.string().min(1).max(255),
    TrainingInputMode: z.literal('File'),
    MetricDefinitions: z
      .array(z.strictObject({ Name: z.string().min(1).max(255), Regex: z.string().min(1).max(500) }))
      .max(40)
      .default([]),
    EnableSageMakerMetricsTimeSeries: z.boolean().optional(),
  }),
  RoleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[a-zA-Z_0-9+=,.@\-_/]+$/, 'must be the ARN of an IAM role'),
  InputDataConfig: z.array(Channel).min(1).max(20).optional(),
  OutputDataConfig: z.strictObject({
    S3OutputPath: S3Uri,
    KmsKeyId: z.string().max(2048).optional(),
    CompressionType: z.literal('GZIP').optional(),
  }),
  ResourceConfig: z.strictObject({
    InstanceType: z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'must be an instance type such as ml.m5.xlarge'),
    InstanceCount: z.literal(1),
    VolumeSizeInGB: z.int().min(1).max(16384),
    VolumeKmsKeyId: z.string().max(2048).optional(),
  }),
  VpcConfig: z
    .strictObject({ SecurityGroupIds: z.array(z.string()).min(1).max(5), Subnets: z.array(z.string()).min(1).max(16) })
    .optional(),
  StoppingCondition: z.strictObject({ MaxRuntimeInSeconds: Seconds.max(2_419_200).default(86_400) }),
  Tags: TagList.default([]),
  EnableNetworkIsolation: z.boolean().default(false),
  EnableInterContainerTrafficEncryption: z.boolean().default(false),
  EnableManagedSpotTraining: z.literal(false).default(false),
  Environment: z
    .record(
      z
        .string()
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
        .max(512),
      z.string().max(512),
    )
    .refine((variables) => Object.keys(variables).length <= 100, 'must have at most 100 entries')
    .default({}),
  ProfilerConfig: z.strictObject({ DisableProfiler: z.literal(true) }).optional(),
});
export type CreateTrainingJob = z.infer<typeof CreateTrainingJob>;

/** @throws {ServiceError} ValidationException: every fault at once, in SageMaker's words */
export function parseCreateTrainingJob(body: unknown): CreateTrainingJob {
  const refused = unsupported(body);
  if (refused.length > 0) throw new ServiceError('ValidationException', refused.join(' '));
  const request = parse(CreateTrainingJob, body);
  const names = (request.InputDataConfig ?? []).map((channel) => channel.ChannelName);
  if (new Set(names).size < names.length) throw new ServiceError('ValidationException', 'InputDataConfig: channel names must be unique.');
  for (const { Name, Regex } of request.AlgorithmSpecification.MetricDefinitions) assertRegex(Name, Regex);
  return request;
}

/** Parses a request of any action, refusing it as SageMaker does. */
export function parse<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `Value at '${wirePath(issue.path)}' failed to satisfy constraint: ${issue.message}`);
  const count = `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected`;
  throw new ServiceError('ValidationException', `${count}: ${faults.join('; ')}`);
}

function wirePath(path: readonly PropertyKey[]): string {
  return path.map((part) => String(part).replace(/^[A-Z]/, (letter) => letter.toLowerCase())).join('.') || 'request';
}

function assertRegex(name: string, regex: string): void {
  try {
    new RegExp(regex);
  } catch (error) {
    throw new ServiceError(
      'ValidationException',
      `MetricDefinitions: the Regex of ${name} is not a regular expression: ${(error as Error).message}`,
    );
  }
}
