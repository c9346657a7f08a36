import { ArnFormat, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, AwsCustomResourcePolicy, type AwsSdkCall, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';

export interface TrainingLogsProps {
  readonly settings: Settings;
}

/** Where SageMaker writes what every training job of an account and region prints; nobody can choose another place. */
const GROUP = '/aws/sagemaker/TrainingJobs';
const SERVICE = 'CloudWatchLogs';

/**
 * Gives the log of training jobs days and, where the stage keeps nothing, an end with the stack. No log group of the template: SageMaker
 * makes it with the first job, whoever started that, and CloudFormation refuses to make what is there.
 */
export class TrainingLogs extends Construct {
  constructor(scope: Construct, id: string, { settings }: TrainingLogsProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const arn = { service: 'logs', resource: 'log-group', resourceName: `${GROUP}*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME };
    const log = new LogGroup(this, 'Logs', { retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) });
    const resource = (name: string, calls: { readonly onUpdate: AwsSdkCall; readonly onDelete?: AwsSdkCall }) =>
      new AwsCustomResource(this, name, {
        ...calls,
        policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [stack.formatArn(arn)] }),
        installLatestAwsSdk: false,
        logGroup: log,
      });
    const call = (action: string, parameters: object, ignored?: string): AwsSdkCall => ({
      service: SERVICE,
      action,
      parameters: { logGroupName: GROUP, ...parameters },
      physicalResourceId: PhysicalResourceId.of(GROUP),
      ...(ignored === undefined ? {} : { ignoreErrorCodesMatching: ignored }),
    });
    const made = resource('Group', {
      onUpdate: call('CreateLogGroup', {}, 'ResourceAlreadyExistsException'),
      ...(settings.keepData ? {} : { onDelete: call('DeleteLogGroup', {}, 'ResourceNotFoundException') }),
    });
    const bounded = resource('Days', { onUpdate: call('PutRetentionPolicy', { retentionInDays: settings.logRetentionDays }) });
    bounded.node.addDependency(made);
    acknowledge(this, {
      [wildcard(`Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:${GROUP}*`)]:
        'IAM is asked about a group with ":*" behind its name or without, as the call may be.',
    });
    acknowledge(stack.node.findChild(`AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`), {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
        'The caller of AWS is a function of the CDK library; it writes its own log.',
      'Serverless-LambdaDLQ': 'CloudFormation waits for the answer of this call, and the deployment fails without it.',
      'Serverless-LambdaDefaultMemorySize': 'It makes one call, for which the default is plenty.',
      'Serverless-LambdaTracing': 'It runs once in a deployment and calls AWS alone.',
    });
  }
}
