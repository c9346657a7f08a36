import { describe, expect, it } from 'vitest';
import { definitionOf } from '../../test/support/pipeline-definition.ts';
import { compilePlan } from './compile-plan.ts';
import { attemptOf, jobName, trainingJob } from './training-job.ts';

const execution = '0191f000-0000-7000-8000-000000000001';
const place = {
  tenant: '0191f000-0000-7000-8000-00000000000a',
  execution,
  attempt: 2,
  runId: 'a'.repeat(32),
  bucket: 'data',
  region: 'us-east-1',
  roleArn: 'arn:aws:iam::000000000000:role/training',
  images: { sklearn: 'registry/sklearn:1' },
  train: 'tenants/t/executions-data/h/train/rows.parquet',
  validation: 'tenants/t/executions-data/h/validation/rows.parquet',
  sourceUri: 's3://assets/abc.tar.gz',
  outputPrefix: 'tenants/t/runs/r/',
};

describe('the training job', () => {
  it('has everything the machine passes on, and no test rows', () => {
    const job = trainingJob(compilePlan({ base: definitionOf(), environments: {} }), place);
    expect(Object.keys(job).sort()).toEqual([
      'AlgorithmSpecification',
      'EnableNetworkIsolation',
      'Environment',
      'HyperParameters',
      'InputDataConfig',
      'OutputDataConfig',
      'ResourceConfig',
      'RoleArn',
      'StoppingCondition',
      'Tags',
      'TrainingJobName',
    ]);
    expect(job.InputDataConfig.map((channel) => [channel.ChannelName, channel.DataSource.S3DataSource.S3Uri])).toEqual([
      ['train', 's3://data/tenants/t/executions-data/h/train/'],
      ['validation', 's3://data/tenants/t/executions-data/h/validation/'],
      ['code', 's3://assets/abc.tar.gz'],
    ]);
    expect(job.HyperParameters).toMatchObject({
      algorithm: '"gradient_boosting"',
      target: '"late"',
      threshold: '0.5',
      seed: '7',
      max_iter: '20',
      sagemaker_program: '"train.py"',
      sagemaker_submit_directory: '"/opt/ml/input/data/code/abc.tar.gz"',
    });
    expect(JSON.parse(job.HyperParameters['schema'] ?? '')).toEqual({
      features: [
        { name: 'date', type: 'datetime', nullable: false },
        { name: 'distance', type: 'integer', nullable: false },
        { name: 'origin', type: 'category', nullable: true },
      ],
      target: { name: 'late', type: 'boolean' },
    });
    expect(job.Environment).toEqual({});
    const traced = trainingJob(compilePlan({ base: definitionOf(), environments: {} }), { ...place, traceparent: 'a-trace' });
    expect(traced.Environment).toEqual({ TRACEPARENT: 'a-trace' });
    expect(job.TrainingJobName.length).toBeLessThanOrEqual(63);
    expect(job.EnableNetworkIsolation).toBe(true);
  });

  it('has the disk that the pipeline asks for, or 30 GB', () => {
    const base = definitionOf();
    const volumeOf = (training: typeof base.training) =>
      trainingJob(compilePlan({ base: { ...base, training }, environments: {} }), place).ResourceConfig.VolumeSizeInGB;
    expect([volumeOf(base.training), volumeOf({ ...base.training, volumeGB: 200 })]).toEqual([30, 200]);
  });

  it('refuses an image the stage does not serve', () => {
    const plan = compilePlan({ base: definitionOf(), environments: {} });
    expect(() => trainingJob(plan, { ...place, images: {} })).toThrow(/not found/);
  });

  it.each([
    [jobName(execution, 3), 3],
    ['sluice-other-3', undefined],
    [`sluice-${execution}-x`, undefined],
    [`sluice-${execution}-0`, undefined],
  ])('reads the attempt of %s', (job, attempt) => expect(attemptOf(job, execution)).toBe(attempt));
});
