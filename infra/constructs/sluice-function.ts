import { Duration, Size } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Code, type ILayerVersion, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { dataRemoval } from '../removal.ts';
import type { Workspace } from '../workspace.ts';

export interface Place {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

/** Who calls a function, and so who keeps a call that failed. */
const CALLERS = {
  gateway: 'The gateway waits for the answer, so a failure goes to whoever asked; nothing is left over that a queue could keep.',
  machine:
    'Step Functions waits for the answer: Retry and Catch of the state say what becomes of a failure, and ends that it hears of as events have a destination of their own.',
  queue: 'A queue hands it what it does and keeps what it did not; the dead letters are those of the queue.',
  stream: 'A stream hands it what it does; what it gives up goes to the destination of the event source.',
  function: 'Another function waits for the answer and fails with it.',
  person: 'A person waits for the answer and reads the failure.',
  deployment: 'The deployment waits for the answer and fails with it.',
} as const;

export interface SluiceFunctionProps {
  /** Folder name under `functions/`. */
  readonly name: string;
  /** Who waits for it; or the queue that keeps events it failed, when nobody does. */
  readonly caller: keyof typeof CALLERS | IQueue;
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly alarms: ITopic;
  /** @default outside the VPC */
  readonly place?: Place | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** @default Duration.seconds(10) */
  readonly timeout?: Duration;
  /** @default 512 */
  readonly memoryMb?: number;
  /** Size of /tmp. @default 512 */
  readonly scratchMb?: number;
  readonly layers?: readonly ILayerVersion[];
}

/** One Lambda as all of ours are: ESM bundle on Node 24, x86_64 (DuckDB has no arm64 build), traced, its own log group, an alarm on errors. */
export class SluiceFunction extends Construct {
  readonly fn: LambdaFunction;

  constructor(scope: Construct, id: string, props: SluiceFunctionProps) {
    super(scope, id);
    const { name, settings, workspace, caller } = props;
    const bundle = workspace.bundles.get(name);
    if (!bundle) throw new Error(`There is no functions/${name}/handler.ts to deploy.`);
    const reserved = settings.reservedConcurrency[name];
    this.fn = new LambdaFunction(this, 'Function', {
      description: `Sluice ${settings.stage}: functions/${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      code: Code.fromAsset(bundle.folder),
      handler: 'index.handler',
      timeout: props.timeout ?? Duration.seconds(10),
      memorySize: props.memoryMb ?? 512,
      ephemeralStorageSize: Size.mebibytes(props.scratchMb ?? 512),
      layers: [...(props.layers ?? [])],
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
      tracing: Tracing.ACTIVE,
      ...(typeof caller === 'string' ? {} : { deadLetterQueue: caller }),
      logGroup: new LogGroup(this, 'Logs', { retention: settings.logRetentionDays, removalPolicy: dataRemoval(settings) }),
      environment: {
        STAGE: settings.stage,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
        ...(settings.otlpEndpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: settings.otlpEndpoint }),
        // Lambda's own bundle of certificates, which Node reads only when told: it holds the roots of RDS and DocumentDB.
        ...(props.place && settings.stores.kind === 'managed' ? { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' } : {}),
        ...props.environment,
      },
      ...(props.place
        ? { vpc: props.place.vpc, vpcSubnets: { subnets: props.place.vpc.isolatedSubnets }, securityGroups: [props.place.securityGroup] }
        : {}),
    });
    const alarm = this.fn.metricErrors({ period: Duration.minutes(1), statistic: 'sum' }).createAlarm(this, 'Errors', {
      alarmDescription: `functions/${name} threw something that is no refusal, three minutes of five. See docs/runbooks/function-throws.md`,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(props.alarms));
    if (this.fn.role) {
      acknowledge(this.fn.role, {
        'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
          'Writes to its own log group and nothing more; AWS keeps the list.',
        [wildcard('Resource::*')]: 'X-Ray takes no resource; a test names the only actions that may be granted on everything.',
      });
      if (props.place)
        acknowledge(this.fn.role, {
          'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]':
            'Network interfaces of the VPC cannot be named before they exist; AWS keeps the list.',
        });
    }
    if (typeof caller === 'string') acknowledge(this.fn, { 'Serverless-LambdaDLQ': CALLERS[caller] });
  }
}
