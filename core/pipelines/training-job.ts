import { DomainError } from '#core/kernel/index.ts';
import { hyperparameterText, LONGEST_HYPERPARAMETER } from './hyperparameters.ts';
import { type Plan, targetOf, trainingSchema } from './plan.ts';

const VOLUME_GB = 30;

export interface TrainingJobPlace {
  readonly tenant: string;
  readonly execution: string;
  readonly attempt: number;
  readonly runId: string;
  readonly bucket: string;
  readonly region: string;
  readonly roleArn: string;
  /** Image by name, as the stage serves them. */
  readonly images: Readonly<Record<string, string>>;
  /** Keys of the training and the validation rows. */
  readonly train: string;
  readonly validation: string;
  /** `s3://…/sourcedir.tar.gz`: ours for a built-in algorithm, the user's own otherwise. */
  readonly sourceUri: string;
  readonly outputPrefix: string;
  /** The span that orders the job, for what the job tells of itself. */
  readonly traceparent?: string | undefined;
}

/** Names are unique per attempt, because SageMaker never takes a name twice. */
export function jobName(execution: string, attempt: number): string {
  return `sluice-${execution}-${attempt}`;
}

/** `undefined` when it is none of ours. */
export function attemptOf(job: string, execution: string): number | undefined {
  const prefix = `sluice-${execution}-`;
  const attempt = job.startsWith(prefix) ? Number(job.slice(prefix.length)) : Number.NaN;
  return Number.isInteger(attempt) && attempt >= 1 ? attempt : undefined;
}

/** The CreateTrainingJob request of one attempt, in script mode; every field the machine passes on is there. */
export function trainingJob(plan: Plan, place: TrainingJobPlace) {
  const { training } = plan;
  const image = place.images[training.image];
  if (!image) throw new DomainError({ code: 'not_found', what: 'training image of this stage', id: training.image });
  const uri = (key: string) => `s3://${place.bucket}/${key}`;
  const folder = (key: string) => uri(key.slice(0, key.lastIndexOf('/') + 1));
  const channel = (ChannelName: string, S3Uri: string) => ({
    ChannelName,
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri, S3DataDistributionType: 'FullyReplicated' } },
    InputMode: 'File',
  });
  return {
    TrainingJobName: jobName(place.execution, place.attempt),
    AlgorithmSpecification: {
      TrainingImage: image,
      TrainingInputMode: 'File',
      MetricDefinitions: ['auc', 'log_loss'].map((metric) => ({
        Name: `validation:${metric}`,
        Regex: `validation:${metric}=([0-9.eE+-]+)`,
      })),
    },
    RoleArn: place.roleArn,
    HyperParameters: hyperparameters(plan, place),
    InputDataConfig: [
      channel('train', folder(place.train)),
      channel('validation', folder(place.validation)),
      // An isolated container reaches no bucket, so its code travels as a channel too.
      channel('code', place.sourceUri),
    ],
    OutputDataConfig: { S3OutputPath: uri(place.outputPrefix) },
    ResourceConfig: { InstanceType: training.instanceType, InstanceCount: 1, VolumeSizeInGB: training.volumeGB ?? VOLUME_GB },
    StoppingCondition: { MaxRuntimeInSeconds: Math.ceil(training.maxRuntimeMinutes * 60) },
    EnableNetworkIsolation: true,
    Environment: { ...(place.traceparent === undefined ? {} : { TRACEPARENT: place.traceparent }) },
    Tags: [
      { Key: 'sluice:tenant', Value: place.tenant },
      { Key: 'sluice:execution', Value: place.execution },
      { Key: 'sluice:pipeline', Value: plan.pipeline },
      { Key: 'sluice:run', Value: place.runId },
    ],
  };
}

function hyperparameters(plan: Plan, place: TrainingJobPlace): Readonly<Record<string, string>> {
  const { training, evaluation } = plan;
  const values: Record<string, unknown> = {
    schema: trainingSchema(plan),
    target: targetOf(plan).name,
    seed: training.seed,
    ...(training.algorithm ? { algorithm: training.algorithm, threshold: evaluation.threshold } : {}),
    ...training.hyperparameters,
    sagemaker_program: training.source?.entryPoint ?? 'train.py',
    sagemaker_submit_directory: `/opt/ml/input/data/code/${place.sourceUri.slice(place.sourceUri.lastIndexOf('/') + 1)}`,
    sagemaker_region: place.region,
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const text = hyperparameterText(value);
      if (text.length > LONGEST_HYPERPARAMETER)
        throw new RangeError(`the hyperparameter ${name} has ${text.length} characters; SageMaker takes ${LONGEST_HYPERPARAMETER}`);
      return [name, text];
    }),
  );
}
