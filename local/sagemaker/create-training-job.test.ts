import { describe, expect, it } from 'vitest';
import { parseCreateTrainingJob } from './create-training-job.ts';

const GOOD = {
  TrainingJobName: 'flights-2001',
  AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' },
  RoleArn: 'arn:aws:iam::000000000000:role/training',
  InputDataConfig: [{ ChannelName: 'train', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/train' } } }],
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
  ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 10 },
  StoppingCondition: {},
};
const [CHANNEL] = GOOD.InputDataConfig;

function refusal(change: object): string {
  try {
    parseCreateTrainingJob({ ...GOOD, ...change });
  } catch (error) {
    expect(error).toMatchObject({ type: 'ValidationException' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe('parseCreateTrainingJob', () => {
  it('gives what was left out as SageMaker gives it', () => {
    expect(parseCreateTrainingJob(GOOD)).toMatchObject({
      StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
      HyperParameters: {},
      EnableNetworkIsolation: false,
    });
  });

  it.each([
    ['a name with an underscore', { TrainingJobName: 'a_b' }, /'trainingJobName' failed/],
    ['a name that would be a path', { TrainingJobName: '../job' }, /'trainingJobName' failed/],
    ['a name of 64 characters', { TrainingJobName: 'a'.repeat(64) }, /'trainingJobName' failed/],
    ['no output', { OutputDataConfig: undefined }, /'outputDataConfig' failed/],
    ['an output that is no S3 URI', { OutputDataConfig: { S3OutputPath: '/tmp/out' } }, /must be s3:\/\//],
    ['a role that is no role', { RoleArn: 'me' }, /must be the ARN of an IAM role/],
    ['a hyperparameter that is a number', { HyperParameters: { depth: 3 } }, /'hyperParameters.depth' failed/],
    ['a hyperparameter of 2,501 characters', { HyperParameters: { schema: 'x'.repeat(2501) } }, /'hyperParameters.schema' failed/],
    [
      '101 hyperparameters',
      { HyperParameters: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, '1'])) },
      /at most 100 entries/,
    ],
    ['a volume of nothing', { ResourceConfig: { ...GOOD.ResourceConfig, VolumeSizeInGB: 0 } }, /'resourceConfig.volumeSizeInGB' failed/],
    ['a runtime of nothing', { StoppingCondition: { MaxRuntimeInSeconds: 0 } }, /'stoppingCondition.maxRuntimeInSeconds' failed/],
    ['one channel name twice', { InputDataConfig: [CHANNEL, CHANNEL] }, /channel names must be unique/],
    ['a channel named ..', { InputDataConfig: [{ ...CHANNEL, ChannelName: '..' }] }, /'inputDataConfig.0.channelName' failed/],
    ['no channels in the list', { InputDataConfig: [] }, /'inputDataConfig' failed/],
    [
      'a broken regular expression',
      { AlgorithmSpecification: { ...GOOD.AlgorithmSpecification, MetricDefinitions: [{ Name: 'auc', Regex: '(' }] } },
      /Regex of auc/,
    ],
    ['a member nobody knows', { Foo: 1 }, /Foo/],
  ])('refuses %s', (_, change, words) => expect(refusal(change)).toMatch(words));

  it.each([
    ['spot capacity', { EnableManagedSpotTraining: true }, /spot/],
    ['a waiting time', { StoppingCondition: { MaxRuntimeInSeconds: 1, MaxWaitTimeInSeconds: 2 } }, /spot/],
    ['two instances', { ResourceConfig: { ...GOOD.ResourceConfig, InstanceCount: 2 } }, /one instance per job/],
    ['a GPU', { ResourceConfig: { ...GOOD.ResourceConfig, InstanceType: 'ml.g5.xlarge' } }, /no accelerators/],
    ['a warm pool', { ResourceConfig: { ...GOOD.ResourceConfig, KeepAlivePeriodInSeconds: 60 } }, /warm pools/],
    [
      'FSx',
      { InputDataConfig: [{ ChannelName: 'train', DataSource: { FileSystemDataSource: {} } }] },
      /InputDataConfig\.0\.DataSource\.FileSystemDataSource .*FSx/,
    ],
    [
      'an augmented manifest',
      { InputDataConfig: [{ ...CHANNEL, DataSource: { S3DataSource: { S3DataType: 'AugmentedManifestFile', S3Uri: 's3://b/k' } } }] },
      /only S3Prefix/,
    ],
    ['the pipe mode', { AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'Pipe' } }, /only the File mode/],
    ['checkpoints', { CheckpointConfig: { S3Uri: 's3://b/c' } }, /checkpoints/],
    ['the profiler', { ProfilerConfig: { S3OutputPath: 's3://b/c' } }, /profiler/],
  ])('says that it has not got %s', (_, change, words) => {
    expect(refusal(change)).toMatch(words);
    expect(refusal(change)).toMatch(/is not supported by this SageMaker executor/);
  });

  it('names every fault at once', () => {
    expect(refusal({ TrainingJobName: '', RoleArn: '' })).toMatch(/^[234] validation errors detected: .*trainingJobName.*roleArn/);
  });
});
