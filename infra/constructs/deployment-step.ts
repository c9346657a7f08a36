import { CustomResource, Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge, anyVersionOf } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface DeploymentStepProps {
  readonly settings: Settings;
  /** Handles the events of a custom resource; safe to repeat. */
  readonly fn: IFunction;
  /** `Custom::…` */
  readonly type: string;
  /** It is done again when one of them changes. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Something that a deployment does besides making resources: a function of ours is called when its properties change. */
export class DeploymentStep extends Construct {
  constructor(scope: Construct, id: string, { settings, fn, type, properties }: DeploymentStepProps) {
    super(scope, id);
    const provider = new Provider(this, 'Provider', {
      onEventHandler: fn,
      logGroup: new LogGroup(this, 'ProviderLogs', { retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) }),
    });
    acknowledge(provider, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
        'The provider is a function of the CDK library; it writes its own log.',
      [anyVersionOf(fn)]: 'The provider invokes the one function it was made for.',
      'Serverless-LambdaDLQ': 'CloudFormation waits for the answer, and the deployment fails without it.',
      'Serverless-LambdaDefaultMemorySize': 'It only hands an event on, for which the default is plenty.',
      'Serverless-LambdaTracing': 'It runs once in a deployment; what it calls is traced.',
    });
    new CustomResource(this, 'Applied', {
      serviceToken: provider.serviceToken,
      resourceType: type,
      serviceTimeout: Duration.minutes(11),
      properties,
    });
  }
}
