import { join } from 'node:path';
import { CfnOutput, Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { Alerting } from '../constructs/alerting.ts';
import { ControlTables } from '../constructs/control-tables.ts';
import { DataBucket } from '../constructs/data-bucket.ts';
import { DataStoreSecrets } from '../constructs/data-store-secrets.ts';
import { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import { boundEmptierLog } from '../constructs/emptier-log.ts';
import { EvidenceBucket } from '../constructs/evidence-bucket.ts';
import { Migration } from '../constructs/migration.ts';
import { SluiceFunction } from '../constructs/sluice-function.ts';
import type { NetworkStack } from './network.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

export interface DataStackProps extends SluiceStackProps {
  readonly network: NetworkStack;
}

/** Whatever must outlive a deployment: databases and their schema, the bucket, the tables, the queue and the bus. */
export class DataStack extends SluiceStack {
  readonly alarms: Topic;
  readonly stores: DataStoreSecrets;
  readonly bucket: Bucket;
  /** How cdk-nag spells the bucket where another stack's policies name it. */
  readonly bucketSpelling: string;
  readonly evidence: EvidenceBucket;
  readonly evidenceSpelling: string;
  readonly tables: ControlTables;
  readonly predictions: DeadLetteredQueue;
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { settings, workspace, network } = props;
    // Not encrypted by a key of ours: an alarm's text is no secret, and CloudWatch cannot publish to a topic under the AWS-managed key.
    this.alarms = new Topic(this, 'Alarms', { displayName: `Sluice ${settings.stage} alarms`, enforceSSL: true });
    // A policy of the topic's own takes the place of the one by which the account's services may publish.
    this.alarms.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.alarms.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    if (settings.alarmEmail !== undefined) this.alarms.addSubscription(new EmailSubscription(settings.alarmEmail));
    this.stores = new DataStoreSecrets(this, 'Stores', { settings, vpc: network.vpc, clients: network.functions });
    const { bucket, accessLogs } = new DataBucket(this, 'Data', { settings });
    this.bucket = bucket;
    this.evidence = new EvidenceBucket(this, 'Evidence', { settings, accessLogs });
    if (!settings.keepData) boundEmptierLog(this, settings);
    this.tables = new ControlTables(this, 'Tables', { settings });
    this.predictions = new DeadLetteredQueue(this, 'Predictions', { alarms: this.alarms, visibilityTimeout: Duration.minutes(6) });
    this.bus = new EventBus(this, 'Events', {
      eventBusName: `sluice-${settings.stage}`,
      description: `Sluice ${settings.stage}: facts as CloudEvents`,
    });
    const alerting = new Alerting(this, 'Alerts', { settings, alarms: this.alarms, bus: this.bus });

    // Clusters of this app's own go whole; out of somebody else's it takes what is its own.
    const removesData = settings.stores.kind === 'external' && !settings.keepData;
    const { fn: migrate } = new SluiceFunction(this, 'Migrate', {
      name: 'migrate',
      caller: 'deployment',
      settings,
      workspace,
      alarms: this.alarms,
      place: network.place,
      timeout: Duration.minutes(5),
      environment: {
        POSTGRES_OWNER_SECRET_ARN: this.stores.postgresOwner.secretArn,
        POSTGRES_SECRET_ARN: this.stores.postgres.secretArn,
        ...(removesData ? { MONGO_SECRET_ARN: this.stores.mongo.secretArn } : {}),
      },
    });
    this.stores.postgresOwner.grantRead(migrate);
    this.stores.postgres.grantRead(migrate);
    if (removesData) this.stores.mongo.grantRead(migrate);
    // It tells the application's secret where a database is that this app did not make.
    if (settings.stores.kind === 'external') {
      migrate.addToRolePolicy(
        new PolicyStatement({ actions: ['secretsmanager:PutSecretValue'], resources: [this.stores.postgres.secretArn] }),
      );
    }
    const migration = new Migration(this, 'Schema', {
      settings,
      migrate,
      migrations: join(workspace.root, 'adapters', 'postgres', 'migrations'),
      removesData,
    });
    migration.node.addDependency(this.stores);

    const spelling = (of: Bucket): string => this.resolve(this.exportValue(of.bucketArn))['Fn::ImportValue'];
    this.bucketSpelling = spelling(this.bucket);
    this.evidenceSpelling = spelling(this.evidence.bucket);

    new CfnOutput(this, 'DataBucketName', { value: this.bucket.bucketName });
    new CfnOutput(this, 'EvidenceBucketName', { value: this.evidence.bucket.bucketName });
    new CfnOutput(this, 'AlarmTopicArn', { value: this.alarms.topicArn });
    new CfnOutput(this, 'AlertTopicArn', { value: alerting.topic.topicArn });
    new CfnOutput(this, 'EventBusName', { value: this.bus.eventBusName });
    new CfnOutput(this, 'MigrateFunctionName', { value: migrate.functionName });
  }
}
