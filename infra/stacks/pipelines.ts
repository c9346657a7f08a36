import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Machine } from '../constructs/machine.ts';
import { NativeLayer } from '../constructs/native-layer.ts';
import { OutsideEnds } from '../constructs/outside-ends.ts';
import { SluiceFunction } from '../constructs/sluice-function.ts';
import { TrainingLogs } from '../constructs/training-logs.ts';
import { TrainingMachine } from '../constructs/training-machine.ts';
import { TrainingRole } from '../constructs/training-role.ts';
import { trainingImages } from '../training-images.ts';
import type { DataStack } from './data.ts';
import type { NetworkStack } from './network.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

export interface PipelinesStackProps extends SluiceStackProps {
  readonly network: NetworkStack;
  readonly data: DataStack;
}

/** From a dataset version to a live model: the machine, its steps, and the role of the jobs it starts. */
export class PipelinesStack extends SluiceStack {
  readonly training: Machine;

  constructor(scope: Construct, id: string, props: PipelinesStackProps) {
    super(scope, id, props);
    const { settings, workspace, network, data } = props;
    const source = builtinSource(this, workspace.root);
    const images = trainingImages(this);
    if (settings.ownsTrainingLogs) new TrainingLogs(this, 'TrainingLogs', { settings });
    const trainingRole = new TrainingRole(this, 'Training', { data, source, repositoryArns: images.repositoryArns });
    const duckdb = new NativeLayer(this, 'DuckDb', { name: 'duckdb', workspace }).layer;
    const onnxruntime = new NativeLayer(this, 'OnnxRuntime', { name: 'onnxruntime', workspace }).layer;

    const common = { settings, workspace, alarms: data.alarms, place: network.place };
    const environment = { POSTGRES_SECRET_ARN: data.stores.postgres.secretArn, DATA_BUCKET: data.bucket.bucketName };
    const heavy = { ...common, environment, timeout: Duration.minutes(10), memoryMb: 3008, scratchMb: 4096 };
    const { fn: dataStep } = new SluiceFunction(this, 'DataStep', { ...heavy, name: 'data-step', caller: 'machine', layers: [duckdb] });
    const { fn: evaluateModel } = new SluiceFunction(this, 'EvaluateModel', {
      ...heavy,
      name: 'evaluate-model',
      caller: 'machine',
      layers: [duckdb, onnxruntime],
    });
    const { fn: pipelineStep } = new SluiceFunction(this, 'PipelineStep', {
      ...common,
      name: 'pipeline-step',
      caller: 'machine',
      timeout: Duration.minutes(5),
      memoryMb: 1024,
      scratchMb: 2048,
      environment: {
        ...environment,
        BELL_TABLE: data.tables.bell.tableName,
        OPEN_TABLE: data.tables.open.tableName,
        TRAINING_ROLE_ARN: trainingRole.role.roleArn,
        TRAINING_IMAGES: this.toJsonString(images.addresses),
        BUILTIN_SOURCE_URI: source.s3ObjectUrl,
      },
    });
    const everyTenant = wildcard(`Resource::${data.bucketSpelling}/tenants/*`);
    for (const fn of [dataStep, evaluateModel, pipelineStep]) {
      data.stores.postgres.grantRead(fn);
      fn.addToRolePolicy(
        new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [data.bucket.arnForObjects('tenants/*')] }),
      );
      // Without it S3 answers 403 instead of 404 for an object that is not there.
      fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));
      if (fn.role)
        acknowledge(fn.role, { [everyTenant]: 'A step works for every tenant; its keys are made from the execution, never by a caller.' });
    }
    data.tables.bell.grant(pipelineStep, 'dynamodb:PutItem');
    data.tables.open.grant(pipelineStep, 'dynamodb:UpdateItem');

    this.training = new TrainingMachine(this, 'TrainingMachine', {
      settings,
      workspace,
      functions: { DataStep: dataStep, EvaluateModel: evaluateModel, PipelineStep: pipelineStep },
      trainingRole: trainingRole.role,
      alarms: data.alarms,
    });
    new OutsideEnds(this, 'OutsideEnds', { settings, machine: this.training.machine, recorder: pipelineStep, alarms: data.alarms });
    new CfnOutput(this, 'TrainingMachineArn', { value: this.training.machine.stateMachineArn });
  }
}

function builtinSource(scope: Construct, root: string): Asset {
  const path = join(root, 'training', 'dist', 'sourcedir.tar.gz');
  if (!existsSync(path)) throw new Error(`${path} is missing: the built-in algorithms are not built. Run python3 training/build.py first.`);
  return new Asset(scope, 'BuiltinSource', { path });
}
