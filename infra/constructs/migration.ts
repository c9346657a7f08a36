import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge, anyVersionOf } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface MigrationProps {
  readonly settings: Settings;
  /** Handles the events of a custom resource; safe to repeat. */
  readonly migrate: IFunction;
  /** Folder with the SQL files, in the order of their names. */
  readonly migrations: string;
}

/** Brings the database to the state of the SQL files during the deployment, before anything that is deployed after it can ask for more. */
export class Migration extends Construct {
  constructor(scope: Construct, id: string, { settings, migrate, migrations }: MigrationProps) {
    super(scope, id);
    const provider = new Provider(this, 'Provider', {
      onEventHandler: migrate,
      logGroup: new LogGroup(this, 'ProviderLogs', { retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) }),
    });
    acknowledge(provider, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
        'The provider is a function of the CDK library; it writes its own log.',
      [anyVersionOf(migrate)]: 'The provider invokes the one function it was made for.',
      'Serverless-LambdaDLQ': 'CloudFormation waits for the answer, and the deployment fails without it.',
      'Serverless-LambdaDefaultMemorySize': 'It only hands an event on, for which the default is plenty.',
      'Serverless-LambdaTracing': 'It runs once in a deployment; what it calls is traced.',
    });
    new CustomResource(this, 'Applied', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::SluiceMigration',
      serviceTimeout: Duration.minutes(10),
      properties: { migrations: hashOf(migrations) },
    });
  }
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  for (const name of files.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  return hash.digest('hex');
}
