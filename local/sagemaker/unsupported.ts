type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null | undefined;

interface Refusal {
  readonly where: string;
  readonly when: (value: Json) => boolean;
  readonly why: string;
}

const isSet = (value: Json): boolean => value !== undefined && value !== null;
const isTrue = (value: Json): boolean => value === true;
const isOtherThan =
  (expected: Json) =>
  (value: Json): boolean =>
    isSet(value) && value !== expected;

/** What SageMaker can and the laptop cannot. `*` stands for each element of a list. */
const REFUSALS: readonly Refusal[] = [
  {
    where: 'AlgorithmSpecification.AlgorithmName',
    when: isSet,
    why: 'algorithms of the marketplace are not available: name a TrainingImage',
  },
  {
    where: 'AlgorithmSpecification.ContainerEntrypoint',
    when: isSet,
    why: 'images are Python environments here: name the script in sagemaker_program',
  },
  { where: 'AlgorithmSpecification.ContainerArguments', when: isSet, why: 'images are Python environments here: pass hyperparameters' },
  { where: 'AlgorithmSpecification.TrainingImageConfig', when: isSet, why: 'images are Python environments here: no registry is read' },
  { where: 'AlgorithmSpecification.TrainingInputMode', when: isOtherThan('File'), why: 'only the File mode is there' },
  { where: 'EnableManagedSpotTraining', when: isTrue, why: 'there is no spot capacity' },
  { where: 'StoppingCondition.MaxWaitTimeInSeconds', when: isSet, why: 'there is no spot capacity' },
  { where: 'StoppingCondition.MaxPendingTimeInSeconds', when: isSet, why: 'there is no reserved capacity' },
  { where: 'ResourceConfig.InstanceCount', when: isOtherThan(1), why: 'one instance per job is the limit' },
  { where: 'ResourceConfig.InstanceGroups', when: isSet, why: 'one instance per job is the limit' },
  { where: 'ResourceConfig.KeepAlivePeriodInSeconds', when: isSet, why: 'there are no warm pools' },
  { where: 'ResourceConfig.TrainingPlanArn', when: isSet, why: 'there is no reserved capacity' },
  {
    where: 'ResourceConfig.InstanceType',
    when: (value) => typeof value === 'string' && /^ml\.(p|g|gr|trn|inf)\d/.test(value),
    why: 'there are no accelerators: choose a CPU type such as ml.m5.xlarge',
  },
  { where: 'InputDataConfig.*.DataSource.FileSystemDataSource', when: isSet, why: 'there is no EFS or FSx: use S3DataSource' },
  { where: 'InputDataConfig.*.DataSource.DatasetSource', when: isSet, why: 'there are no hub data sets: use S3DataSource' },
  { where: 'InputDataConfig.*.DataSource.S3DataSource.S3DataType', when: isOtherThan('S3Prefix'), why: 'only S3Prefix is read' },
  {
    where: 'InputDataConfig.*.DataSource.S3DataSource.S3DataDistributionType',
    when: isOtherThan('FullyReplicated'),
    why: 'only FullyReplicated is there',
  },
  { where: 'InputDataConfig.*.DataSource.S3DataSource.AttributeNames', when: isSet, why: 'augmented manifests are not read' },
  { where: 'InputDataConfig.*.DataSource.S3DataSource.InstanceGroupNames', when: isSet, why: 'one instance per job is the limit' },
  { where: 'InputDataConfig.*.InputMode', when: isOtherThan('File'), why: 'only the File mode is there' },
  { where: 'InputDataConfig.*.CompressionType', when: isOtherThan('None'), why: 'the File mode takes files as they are' },
  { where: 'InputDataConfig.*.RecordWrapperType', when: isOtherThan('None'), why: 'the File mode takes files as they are' },
  { where: 'InputDataConfig.*.ShuffleConfig', when: isSet, why: 'the File mode takes files as they are' },
  { where: 'OutputDataConfig.CompressionType', when: isOtherThan('GZIP'), why: 'the model is always written as model.tar.gz' },
  { where: 'CheckpointConfig', when: isSet, why: 'checkpoints are not synchronised' },
  { where: 'DebugHookConfig', when: isSet, why: 'the debugger is not there' },
  { where: 'DebugRuleConfigurations', when: isSet, why: 'the debugger is not there' },
  { where: 'TensorBoardOutputConfig', when: isSet, why: 'TensorBoard output is not synchronised' },
  {
    where: 'ProfilerConfig',
    when: (value) => isSet(value) && at(value, 'DisableProfiler') !== true,
    why: 'the profiler is not there: set DisableProfiler to true',
  },
  { where: 'ProfilerRuleConfigurations', when: isSet, why: 'the profiler is not there' },
  { where: 'ExperimentConfig', when: isSet, why: 'SageMaker Experiments are not there' },
  { where: 'RetryStrategy', when: isSet, why: 'jobs are not retried' },
  { where: 'RemoteDebugConfig', when: isSet, why: 'a job cannot be entered' },
  { where: 'InfraCheckConfig', when: isSet, why: 'there is no infrastructure to check' },
  { where: 'SessionChainingConfig', when: isSet, why: 'session tags are not there' },
  { where: 'ModelPackageConfig', when: isSet, why: 'model packages are not there' },
  { where: 'ServerlessJobConfig', when: isSet, why: 'serverless jobs are not there' },
  { where: 'MlflowConfig', when: isSet, why: 'managed MLflow is not there' },
];

/** One sentence for each thing asked for that this executor does not have. */
export function unsupported(request: unknown): readonly string[] {
  return REFUSALS.flatMap(({ where, when, why }) =>
    valuesAt(request as Json, where.split('.'), []).flatMap(({ path, value }) =>
      when(value) ? [`${path} is not supported by this SageMaker executor: ${why}.`] : [],
    ),
  );
}

function valuesAt(value: Json, [head, ...rest]: readonly string[], path: readonly string[]): readonly { path: string; value: Json }[] {
  if (head === undefined) return [{ path: path.join('.'), value }];
  if (head === '*') return Array.isArray(value) ? value.flatMap((element, index) => valuesAt(element, rest, [...path, String(index)])) : [];
  return valuesAt(at(value, head), rest, [...path, head]);
}

function at(value: Json, key: string): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })[key]
    : undefined;
}
