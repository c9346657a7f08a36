import type { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILayerVersion, Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { DataStack } from '../stacks/data.ts';
import type { NetworkStack } from '../stacks/network.ts';
import type { Workspace } from '../workspace.ts';
import { SluiceFunction } from './sluice-function.ts';

/** What every part of the loop is made with. */
export interface LoopPartProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly network: NetworkStack;
  readonly data: DataStack;
}

export interface StepFunctionProps {
  /** Folder name under `functions/`. */
  readonly name: string;
  readonly timeout: Duration;
  readonly memoryMb?: number;
  readonly scratchMb?: number;
  readonly layers?: readonly ILayerVersion[];
  /** Besides the addresses of the stores. */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default false */
  readonly mongo?: boolean;
  /** Keys of the bucket, and why those of every tenant. @default none */
  readonly objects?: { readonly read: readonly string[]; readonly written: readonly string[]; readonly reason: string };
}

/** The function that does the steps of one machine: beside the databases, with Postgres and the bell, and what else it names. */
export function stepFunction(scope: Construct, id: string, part: LoopPartProps, props: StepFunctionProps): Lambda {
  const { settings, workspace, network, data } = part;
  const { mongo = false, objects, environment, ...made } = props;
  const { fn } = new SluiceFunction(scope, id, {
    ...made,
    caller: 'machine',
    settings,
    workspace,
    alarms: data.alarms,
    place: network.place,
    environment: {
      POSTGRES_SECRET_ARN: data.stores.postgres.secretArn,
      BELL_TABLE: data.tables.bell.tableName,
      ...(mongo ? { MONGO_SECRET_ARN: data.stores.mongo.secretArn } : {}),
      ...(objects ? { DATA_BUCKET: data.bucket.bucketName } : {}),
      ...environment,
    },
  });
  data.stores.postgres.grantRead(fn);
  if (mongo) data.stores.mongo.grantRead(fn);
  data.tables.bell.grant(fn, 'dynamodb:PutItem');
  if (!objects) return fn;

  const { read, written, reason } = objects;
  const allow = (action: string, keys: readonly string[]) =>
    fn.addToRolePolicy(new PolicyStatement({ actions: [action], resources: keys.map((some) => data.bucket.arnForObjects(some)) }));
  allow('s3:GetObject', read);
  if (written.length > 0) allow('s3:PutObject', written);
  // Without it S3 answers 403 instead of 404 for an object that is not there.
  fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }));
  const keys = new Set([...read, ...written]);
  if (fn.role)
    acknowledge(fn.role, Object.fromEntries([...keys].map((some) => [wildcard(`Resource::${data.bucketSpelling}/${some}`), reason])));
  return fn;
}
