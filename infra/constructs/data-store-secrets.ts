import { Duration } from 'aws-cdk-lib';
import { CfnDBInstance, DatabaseCluster as MongoCluster } from 'aws-cdk-lib/aws-docdb';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { AuroraPostgresEngineVersion, ClusterInstance, Credentials, DatabaseCluster, DatabaseClusterEngine } from 'aws-cdk-lib/aws-rds';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { DataStores, Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface DataStoresProps {
  readonly settings: Settings;
  readonly vpc: IVpc;
  /** Who may connect. */
  readonly clients: ISecurityGroup;
}

type Managed = Extract<DataStores, { kind: 'managed' }>;

/** Quotes, blanks and slashes break connection strings. */
const UNSAFE = ' %+~`#$&*()|[]{}:;<>?!\'/@"\\=^,';
/** One sentence per secret: what a new password would break. */
const rotatedByHand = (of: string) =>
  `${of} is rotated by hand (docs/runbooks/rotate-secrets.md): functions hold connections, and would fail on a password that changed behind them.`;
const audited = (event: string) => `${event} is an event within the audit log, which is exported; DocumentDB has no export of that name.`;

/** Postgres and Mongo: made here or brought along. Either way the functions know a secret and nothing else. */
export class DataStoreSecrets extends Construct {
  /** Owns the tables and runs migrations. */
  readonly postgresOwner: ISecret;
  /** What every other function uses: a role that row-level security binds. */
  readonly postgres: Secret;
  readonly mongo: ISecret;

  constructor(scope: Construct, id: string, { settings, vpc, clients }: DataStoresProps) {
    super(scope, id);
    const { stores } = settings;
    this.postgres = new Secret(this, 'PostgresApp', {
      description: `Sluice ${settings.stage}: Postgres as the application's role`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'sluice_app' }),
        generateStringKey: 'password',
        passwordLength: 40,
        excludeCharacters: UNSAFE,
      },
      removalPolicy: dataRemoval(settings),
    });
    acknowledge(this.postgres, { 'AwsSolutions-SMG4': rotatedByHand("The application's password for Postgres") });
    if (stores.kind === 'external') {
      this.postgresOwner = Secret.fromSecretNameV2(this, 'PostgresOwner', stores.postgresOwnerSecret);
      this.mongo = Secret.fromSecretNameV2(this, 'Mongo', stores.mongoSecret);
      return;
    }
    const postgres = postgresCluster(this, stores, settings, vpc);
    postgres.connections.allowDefaultPortFrom(clients, 'functions of the VPC');
    this.postgres.attach(postgres);
    this.postgresOwner = secretOf(postgres, settings);
    const mongo = mongoCluster(this, stores, settings, vpc);
    mongo.connections.allowDefaultPortFrom(clients, 'functions of the VPC');
    this.mongo = secretOf(mongo, settings);
  }
}

function postgresCluster(scope: Construct, stores: Managed, settings: Settings, vpc: IVpc): DatabaseCluster {
  const clusterIdentifier = `sluice-${settings.stage}-postgres`;
  const logs = logGroup(scope, settings, 'PostgresLogs', `/aws/rds/cluster/${clusterIdentifier}/postgresql`);
  const cluster = new DatabaseCluster(scope, 'Postgres', {
    clusterIdentifier,
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
    credentials: Credentials.fromGeneratedSecret('sluice_owner', { excludeCharacters: UNSAFE }),
    defaultDatabaseName: 'sluice',
    vpc,
    vpcSubnets: { subnets: vpc.isolatedSubnets },
    writer: ClusterInstance.serverlessV2('Writer'),
    readers: Array.from({ length: stores.postgres.replicas }, (_, at) =>
      ClusterInstance.serverlessV2(`Replica${at + 1}`, { scaleWithWriter: true }),
    ),
    serverlessV2MinCapacity: stores.postgres.minCapacity,
    serverlessV2MaxCapacity: stores.postgres.maxCapacity,
    ...(stores.postgres.minCapacity === 0 ? { serverlessV2AutoPauseDuration: Duration.minutes(10) } : {}),
    storageEncrypted: true,
    iamAuthentication: true,
    backup: { retention: Duration.days(stores.backupDays) },
    cloudwatchLogsExports: ['postgresql'],
    deletionProtection: settings.keepData,
    removalPolicy: dataRemoval(settings),
  });
  cluster.node.addDependency(logs);
  acknowledge(cluster, {
    'AwsSolutions-SMG4': rotatedByHand("The owner's password for Postgres, which only migrations use,"),
    'AwsSolutions-RDS10': 'Deletion protection is on wherever the stage keeps its data.',
  });
  return cluster;
}

function mongoCluster(scope: Construct, stores: Managed, settings: Settings, vpc: IVpc): MongoCluster {
  const dbClusterName = `sluice-${settings.stage}-mongo`;
  const logs = ['audit', 'profiler'].map((kind) => logGroup(scope, settings, `Mongo-${kind}`, `/aws/docdb/${dbClusterName}/${kind}`));
  const cluster = new MongoCluster(scope, 'Mongo', {
    dbClusterName,
    masterUser: { username: 'sluice', excludeCharacters: UNSAFE },
    // CloudFormation would make 5.0 of a cluster without a version.
    engineVersion: '8.0.0',
    vpc,
    vpcSubnets: { subnets: vpc.isolatedSubnets },
    serverlessV2ScalingConfiguration: stores.mongo,
    storageEncrypted: true,
    backup: { retention: Duration.days(stores.backupDays) },
    exportAuditLogsToCloudWatch: true,
    exportProfilerLogsToCloudWatch: true,
    deletionProtection: settings.keepData,
    removalPolicy: dataRemoval(settings),
  });
  cluster.node.addDependency(...logs);
  // The library makes none where capacity is serverless, and a cluster without an instance takes no connection.
  const instance = new CfnDBInstance(cluster, 'Instance', {
    dbClusterIdentifier: cluster.clusterIdentifier,
    dbInstanceClass: 'db.serverless',
  });
  instance.applyRemovalPolicy(dataRemoval(settings));
  instance.addMetadata('cfn-lint', { config: { ignore_checks: ['E3620'] } });
  const why = 'The list of this check knows the classes of provisioned instances only; db.serverless is the one of serverless capacity.';
  instance.addMetadata('why', why);
  // The library has the same list.
  acknowledge(instance, { 'CloudFormation-Validate::E3620': why });
  acknowledge(cluster, {
    'AwsSolutions-SMG4': rotatedByHand('The password for DocumentDB'),
    'AwsSolutions-DOC2': 'Isolated subnets and a security group keep everybody else away; drivers and tools expect 27017.',
    'AwsSolutions-DOC3': 'The credentials are generated into Secrets Manager.',
    'AwsSolutions-DOC5[LogExport::authenticate]': audited('authenticate'),
    'AwsSolutions-DOC5[LogExport::createIndex]': audited('createIndex'),
    'AwsSolutions-DOC5[LogExport::dropCollection]': audited('dropCollection'),
  });
  return cluster;
}

/** Made before the database writes its first line: a log group that the service makes keeps everything for ever. */
function logGroup(scope: Construct, settings: Settings, id: string, logGroupName: string): LogGroup {
  return new LogGroup(scope, id, { logGroupName, retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) });
}

/** The secret that the library makes with a cluster; it is kept as the cluster is, which nobody could enter without it. */
function secretOf(cluster: DatabaseCluster | MongoCluster, settings: Settings): ISecret {
  const made = cluster.node.findChild('Secret');
  if (!cluster.secret || !(made instanceof Secret)) throw new Error(`${cluster.node.path} was made without a secret.`);
  made.applyRemovalPolicy(dataRemoval(settings));
  return cluster.secret;
}
