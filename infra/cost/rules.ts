import { HOURS_A_MONTH, type PriceName } from './prices.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape.
type Properties = any;

export type InStack = Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties }>>;

export interface Use {
  readonly price: PriceName;
  readonly units: number;
  readonly what: string;
}

/** What a resource uses in an idle month; undefined when it is set up in a way that nobody has priced yet. */
type Rule = (properties: Properties, stack: InStack) => readonly Use[] | undefined;

/** Why a type costs nothing while nobody calls. */
interface Free {
  readonly free: string;
}

const CALLS = 'paid by the call';
const STORED = 'paid by what is stored, and nothing is yet';
const PART = 'a part of what is priced elsewhere';
const RIGHTS = 'IAM is not charged';

/** Assumed of a new database: its catalogue and its first rows. */
const NEW_DATABASE_GB = 1;
/** Lambda's pollers of a queue: five of them, each asking again every 20 seconds. */
const POLLS_A_MONTH = (5 * 3 * 60 * HOURS_A_MONTH) / 1e6;
/** Of a function that a clock wakes and that finds nothing to do; and what it and Lambda then log. */
const TICK_SECONDS = 0.1;
const TICK_LOG_GB = 1e-6;
/** Of flow logs without traffic but the databases' own. */
const FLOW_LOG_GB = 0.1;

/** By type of resource. Whatever is in a template and not here fails a test, so that nothing dear comes in unseen. */
export const RULES: Readonly<Record<string, Rule | Free>> = {
  'AWS::RDS::DBCluster': () => [{ price: 'auroraStorage', units: NEW_DATABASE_GB, what: 'Aurora: a first GB' }],
  'AWS::RDS::DBInstance': ({ DBInstanceClass, DBClusterIdentifier }, stack) =>
    serverless('auroraAcu', DBInstanceClass, DBClusterIdentifier, stack, 'Aurora at rest'),
  'AWS::DocDB::DBCluster': () => [{ price: 'documentDbStorage', units: NEW_DATABASE_GB, what: 'DocumentDB: a first GB' }],
  'AWS::DocDB::DBInstance': ({ DBInstanceClass, DBClusterIdentifier }, stack) =>
    serverless('documentDbDcu', DBInstanceClass, DBClusterIdentifier, stack, 'DocumentDB at rest'),
  'AWS::EC2::VPCEndpoint': ({ VpcEndpointType, SubnetIds }) =>
    VpcEndpointType === 'Gateway'
      ? []
      : [{ price: 'interfaceEndpoint', units: SubnetIds.length * HOURS_A_MONTH, what: 'endpoints, by zone' }],
  'AWS::EC2::FlowLog': () => [{ price: 'logIngestion', units: FLOW_LOG_GB, what: 'flow logs of the databases themselves' }],
  'AWS::CloudWatch::Alarm': ({ Metrics, Period }) =>
    Period !== undefined && Period < 60
      ? undefined
      : [{ price: 'alarmMetric', units: Metrics?.filter((one: Properties) => one.MetricStat).length ?? 1, what: 'alarms' }],
  'AWS::CloudWatch::CompositeAlarm': () => [{ price: 'compositeAlarm', units: 1, what: 'composite alarms' }],
  'AWS::CloudWatch::Dashboard': () => [{ price: 'dashboard', units: 1, what: 'dashboard' }],
  'AWS::SecretsManager::Secret': () => [{ price: 'secret', units: 1, what: 'secrets' }],
  'AWS::Cognito::UserPoolClient': ({ AllowedOAuthFlows = [] }) =>
    AllowedOAuthFlows.includes('client_credentials') ? [{ price: 'cognitoServiceClient', units: 1, what: 'client of services' }] : [],
  'AWS::Lambda::EventSourceMapping': ({ StartingPosition, ProvisionedPollerConfig }) => {
    if (ProvisionedPollerConfig) return undefined;
    // A stream of DynamoDB is read by Lambda for nothing.
    return StartingPosition ? [] : [{ price: 'sqsRequest', units: POLLS_A_MONTH, what: 'polls of empty queues' }];
  },
  'AWS::Events::Rule': ({ ScheduleExpression, Targets }, stack) => (ScheduleExpression ? ticks(ScheduleExpression, Targets, stack) : []),
  'AWS::Lambda::Function': ({ SnapStart }) => (SnapStart ? undefined : []),
  'AWS::DynamoDB::Table': ({ BillingMode }) => (BillingMode === 'PAY_PER_REQUEST' ? [] : undefined),
  'AWS::StepFunctions::StateMachine': { free: CALLS },
  'AWS::ApiGatewayV2::Api': ({ ProtocolType }) => (ProtocolType === 'HTTP' ? [] : undefined),
  'AWS::ApiGatewayV2::Stage': { free: CALLS },
  'AWS::ApiGatewayV2::Route': { free: PART },
  'AWS::ApiGatewayV2::Integration': { free: PART },
  'AWS::ApiGatewayV2::Authorizer': { free: PART },
  'AWS::SQS::Queue': { free: CALLS },
  'AWS::SQS::QueuePolicy': { free: RIGHTS },
  'AWS::SNS::Topic': { free: CALLS },
  'AWS::SNS::TopicPolicy': { free: RIGHTS },
  'AWS::SNS::Subscription': { free: CALLS },
  'AWS::Events::EventBus': { free: CALLS },
  'AWS::Scheduler::ScheduleGroup': { free: CALLS },
  'AWS::Cognito::UserPool': { free: 'paid by people who sign in within a month' },
  'AWS::Cognito::UserPoolDomain': { free: PART },
  'AWS::Cognito::UserPoolResourceServer': { free: PART },
  'AWS::S3::Bucket': { free: STORED },
  'AWS::S3::BucketPolicy': { free: RIGHTS },
  'AWS::Logs::LogGroup': { free: 'paid by what is written; what ticks write is counted with them' },
  'AWS::Lambda::LayerVersion': { free: 'code is stored for nothing up to 75 GB of the account' },
  'AWS::Lambda::EventInvokeConfig': { free: PART },
  'AWS::Lambda::Permission': { free: RIGHTS },
  'AWS::IAM::Role': { free: RIGHTS },
  'AWS::IAM::Policy': { free: RIGHTS },
  'AWS::SecretsManager::SecretTargetAttachment': { free: PART },
  'AWS::RDS::DBSubnetGroup': { free: PART },
  'AWS::DocDB::DBSubnetGroup': { free: PART },
  'AWS::EC2::VPC': { free: 'a network without a way out has no hourly price' },
  'AWS::EC2::Subnet': { free: PART },
  'AWS::EC2::RouteTable': { free: PART },
  'AWS::EC2::SubnetRouteTableAssociation': { free: PART },
  'AWS::EC2::SecurityGroup': { free: PART },
  'AWS::EC2::SecurityGroupIngress': { free: PART },
  'Custom::SluiceMigration': { free: 'called once by a deployment' },
  'Custom::SluiceTables': { free: 'called once by a deployment' },
  'Custom::AWS': { free: 'one call of AWS by a deployment' },
  'Custom::S3AutoDeleteObjects': { free: 'called once, when the stage is taken down' },
};

/** A serverless instance rests at the floor of its cluster: for a floor of 0, at nothing. */
function serverless(
  price: PriceName,
  instanceClass: unknown,
  cluster: Properties,
  stack: InStack,
  what: string,
): readonly Use[] | undefined {
  const floor = stack[cluster?.Ref]?.Properties?.ServerlessV2ScalingConfiguration?.MinCapacity;
  if (instanceClass !== 'db.serverless' || typeof floor !== 'number') return undefined;
  return [{ price, units: floor * HOURS_A_MONTH, what }];
}

/** What a clock costs: the function that it wakes, what that reads to find nothing to do, and its log. */
function ticks(expression: string, targets: Properties, stack: InStack): readonly Use[] | undefined {
  const [, every, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const woken = stack[targets?.[0]?.Arn?.['Fn::GetAtt']?.[0]];
  if (!every || woken?.Type !== 'AWS::Lambda::Function') return undefined;
  const minutes = Number(every) * { minute: 1, hour: 60, day: 1440 }[unit as 'minute' | 'hour' | 'day'];
  const times = (HOURS_A_MONTH * 60) / minutes;
  const gigabytes = woken.Properties.MemorySize / 1024;
  const what = 'ticks of schedules';
  return [
    { price: 'lambdaRequest', units: times / 1e6, what },
    { price: 'lambdaTime', units: times * TICK_SECONDS * gigabytes, what },
    { price: 'dynamoRead', units: times / 1e6, what },
    { price: 'logIngestion', units: times * TICK_LOG_GB, what },
  ];
}
