import { CfnOutput, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import { queueKeepsFailures } from '../constructs/dead-lettered-queue.ts';
import { Gateway } from '../constructs/gateway.ts';
import { NativeLayer } from '../constructs/native-layer.ts';
import { SluiceFunction } from '../constructs/sluice-function.ts';
import { Watching } from '../constructs/watching.ts';
import type { HttpRoute } from '../http-routes.ts';
import type { DataStack } from './data.ts';
import type { IdentityStack } from './identity.ts';
import type { NetworkStack } from './network.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

export interface ApiStackProps extends SluiceStackProps {
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly identity: IdentityStack;
  readonly routes: ReadonlyMap<string, HttpRoute>;
}

/** The API: control and feedback inside the VPC beside the databases, predict and the authorizer outside it. */
export class ApiStack extends SluiceStack {
  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    const { settings, workspace, network, data, identity, routes } = props;
    const common = { settings, workspace, alarms: data.alarms };
    const bucket = { DATA_BUCKET: data.bucket.bucketName };

    const { fn: authorizer } = new SluiceFunction(this, 'Authorizer', {
      ...common,
      name: 'authorizer',
      caller: 'gateway',
      environment: { ISSUERS: this.toJsonString(identity.issuers), MEMBERSHIP_TABLE: data.tables.memberships.tableName },
    });
    data.tables.memberships.grant(authorizer, 'dynamodb:Query');

    const { fn: control } = new SluiceFunction(this, 'Control', {
      ...common,
      name: 'control',
      caller: 'gateway',
      place: network.place,
      memoryMb: 1024,
      // The gateway gives up after 30 seconds.
      timeout: Duration.seconds(29),
      environment: {
        ...bucket,
        POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
        BELL_TABLE: data.tables.bell.tableName,
        TRAINING_INSTANCE_TYPES: settings.trainingInstanceTypes.join(','),
      },
    });
    data.stores.postgres.grantRead(control);
    data.tables.bell.grant(control, 'dynamodb:PutItem');
    control.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [data.bucket.arnForObjects('tenants/*')] }),
    );
    control.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));

    const { fn: operations } = new SluiceFunction(this, 'Operations', {
      ...common,
      name: 'operations',
      caller: 'gateway',
      place: network.place,
      memoryMb: 1024,
      timeout: Duration.seconds(29),
      environment: {
        ...bucket,
        POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
        BELL_TABLE: data.tables.bell.tableName,
        WEBHOOK_PRIVATE_ADDRESSES: String(settings.webhooks.privateAddresses),
      },
    });
    data.stores.postgres.grantRead(operations);
    data.tables.bell.grant(operations, 'dynamodb:PutItem');
    // It looks whether a batch's input is there, and signs links to what machines wrote.
    const shown = ['tenants/*/batch-inputs/*', 'tenants/*/batches/*', 'tenants/*/reports/*'];
    operations.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: shown.map((keys) => data.bucket.arnForObjects(keys)) }),
    );
    operations.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));

    const { fn: docs } = new SluiceFunction(this, 'Docs', { ...common, name: 'docs', caller: 'gateway' });

    const { fn: watch } = new SluiceFunction(this, 'Watch', {
      ...common,
      name: 'watch',
      caller: 'gateway',
      place: network.place,
      memoryMb: 1024,
      timeout: Duration.seconds(29),
      environment: {
        POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
        MONGO_SECRET_ARN: data.stores.mongo.secretArn,
        EVIDENCE_BUCKET: data.evidence.bucket.bucketName,
      },
    });
    data.stores.postgres.grantRead(watch);
    data.stores.mongo.grantRead(watch);
    data.evidence.grantRead(watch, data.evidenceSpelling);

    const { fn: feedback } = new SluiceFunction(this, 'Feedback', {
      ...common,
      name: 'feedback',
      caller: 'gateway',
      place: network.place,
      timeout: Duration.seconds(29),
      environment: { MONGO_SECRET_ARN: data.stores.mongo.secretArn },
    });
    data.stores.mongo.grantRead(feedback);

    const { fn: predict } = new SluiceFunction(this, 'Predict', {
      ...common,
      name: 'predict',
      caller: 'gateway',
      memoryMb: settings.predictMemoryMb,
      environment: { ...bucket, ROUTING_TABLE: data.tables.routing.tableName, PREDICTION_QUEUE_URL: data.predictions.queue.queueUrl },
      layers: [new NativeLayer(this, 'OnnxRuntime', { name: 'onnxruntime', workspace }).layer],
    });
    data.tables.routing.grant(predict, 'dynamodb:GetItem');
    predict.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [data.bucket.arnForObjects('tenants/*/artifacts/*')] }),
    );
    data.predictions.queue.grant(predict, 'sqs:SendMessage');

    const { fn: logPredictions } = new SluiceFunction(this, 'LogPredictions', {
      ...common,
      name: 'log-predictions',
      caller: 'queue',
      place: network.place,
      memoryMb: 1024,
      timeout: Duration.minutes(1),
      environment: { ...bucket, MONGO_SECRET_ARN: data.stores.mongo.secretArn },
      layers: [new NativeLayer(this, 'DuckDb', { name: 'duckdb', workspace }).layer],
    });
    data.stores.mongo.grantRead(logPredictions);
    logPredictions.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [data.bucket.arnForObjects('tenants/*/predictions/*')] }),
    );
    // A second of patience turns a burst of single predictions into one file.
    logPredictions.addEventSource(
      new SqsEventSource(data.predictions.queue, {
        batchSize: 100,
        maxBatchingWindow: Duration.seconds(1),
        maxConcurrency: settings.logDeliveriesAtOnce,
        reportBatchItemFailures: true,
      }),
    );

    queueKeepsFailures(logPredictions);

    const everyTenant = (fn: LambdaFunction, keys: string, reason: string) => {
      if (fn.role) acknowledge(fn.role, { [wildcard(`Resource::${data.bucketSpelling}/${keys}`)]: reason });
    };
    everyTenant(control, 'tenants/*', 'Serves every tenant; keys are made from the membership and the content, never by a caller.');
    for (const keys of shown)
      everyTenant(operations, keys, 'Serves every tenant; keys are made from the membership and the content, never by a caller.');
    everyTenant(predict, 'tenants/*/artifacts/*', "Serves every tenant's models; the keys come from the routing table.");
    everyTenant(
      logPredictions,
      'tenants/*/predictions/*',
      "Writes every tenant's log; the tenant comes with the message that predict wrote.",
    );
    const { api } = new Gateway(this, 'Gateway', {
      settings,
      routes,
      planes: { control, operations, watch, docs, feedback, predict },
      authorizer,
    });
    new Watching(this, 'Watching', { settings, alarms: data.alarms, api, predict, predictions: data.predictions });
    new CfnOutput(this, 'ApiUrl', { value: api.apiEndpoint });
  }
}
