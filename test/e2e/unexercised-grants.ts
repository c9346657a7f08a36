/** Grants that no call of a whole run uses, and why a role has them all the same. `role` and `resource` match anything when absent. */
export interface Unexercised {
  readonly role?: RegExp;
  readonly action: RegExp;
  readonly resource?: RegExp;
  readonly reason: string;
  /** Whether a run may use it as well: what a repetition, a deployment or the hour decides. @default false */
  readonly sometimes?: boolean;
}

const DEAD_LETTERS = /Unrecorded|Unpublished|Missed|Uncounted|Unentered/;

export const UNEXERCISED: readonly Unexercised[] = [
  { action: /^xray:/, reason: 'Sent by the daemon beside a function, or by the service itself; the engine has no X-Ray.' },
  {
    role: /Machine$/,
    action: /^logs:/,
    reason: 'Step Functions sets up the delivery of a machine’s log by them; the engine writes no such log.',
  },
  { role: /^Network\/VpcFlows/, action: /^logs:/, reason: 'The VPC writes its flow log by them; the engine has no network.' },
  {
    action: /^secretsmanager:DescribeSecret$/,
    reason: 'The CDK grants it along with reading; it tells names and dates of a secret that may be read anyway.',
  },
  {
    role: /^(?!Pipelines\/Training$)/,
    action: /^s3:ListBucket$/,
    reason: 'S3 answers 404 for an object that is not there only to who may list, 403 to others; the engine answers 404 to all.',
  },
  {
    action: /^sqs:(ChangeMessageVisibility|GetQueueUrl)$/,
    resource: /Queue[0-9A-F]{8}/,
    reason: 'The CDK grants them along with reading a queue, and Lambda’s poller makes use of them.',
  },
  {
    action: /^sqs:(SendMessage|GetQueueAttributes|GetQueueUrl)$/,
    resource: DEAD_LETTERS,
    reason: 'Takes what a service gave up on, which a run without faults has none of; the CDK grants the other two along with sending.',
  },
  {
    role: /^Pipelines\/TrainingMachine$/,
    action: /^(sagemaker:ListTags|events:)/,
    reason: 'AWS asks for them of who waits for a job: it hears of the end by a rule of its own. The engine looks at the job instead.',
  },
  {
    role: /^Pipelines\/TrainingMachine$/,
    action: /^sagemaker:StopTrainingJob$/,
    reason: 'Ends the job of an execution that is stopped or out of time.',
    sometimes: true,
  },
  {
    role: /^Pipelines\/Training$/,
    action: /^(s3:AbortMultipartUpload|cloudwatch:PutMetricData|logs:DescribeLogStreams|ecr:)/,
    reason: 'SageMaker pulls the image, sends metrics and uploads in parts by them; the laptop’s executor does none of that.',
  },
  {
    role: /^(Data\/Schema|Control\/RebuildingFilled)/,
    action: /^lambda:(GetFunction|InvokeFunction)$/,
    reason:
      'The CDK’s provider looks whether the function is ready, and may name a version of it; a deployment that changes no migration calls nothing.',
    sometimes: true,
  },
  { role: /^Data\/Migrate$/, action: /^secretsmanager:/, reason: 'Used by a deployment that brings a migration.', sometimes: true },
  {
    role: /^Pipelines\/AWS679/,
    action: /^logs:DeleteLogGroup$/,
    reason: 'The log of training goes with the stage when that is destroyed, as the check `lifecycle` does.',
  },
  {
    role: /^Pipelines\/AWS679/,
    action: /^logs:(CreateLogGroup|PutRetentionPolicy)$/,
    reason: 'Used by the deployment that makes the log of training; one that finds it there calls nothing.',
    sometimes: true,
  },
  {
    role: /^Control\/OutboxPublisher$/,
    action: /^dynamodb:ListStreams$/,
    reason: 'The CDK grants it along with reading a stream; it lists names and takes no resource.',
  },
  {
    role: /^Control\/OutboxPublisher$/,
    action: /^(scheduler:(Update|Delete)Schedule|states:(DescribeExecution|StartExecution|SendTaskSuccess)|lambda:InvokeFunction)$/,
    reason:
      'For a monitor that is changed, removed or run by a person, a rollout that he pauses, and an order that finds its execution there already.',
    sometimes: true,
  },
  {
    role: /^Control\/OutboxPublisher$/,
    action: /^dynamodb:DeleteItem$/,
    resource: /Due/,
    reason: 'For a monitor that is paused, or has no schedule any more.',
    sometimes: true,
  },
  {
    role: /^Control\/ReadOutbox$/,
    action: /^(dynamodb:PutItem|s3:PutObject)$/,
    reason: 'For a webhook that is gone, and for evidence of the audit, which is sealed on a schedule.',
    sometimes: true,
  },
  {
    role: /^Control\/OutboxPublisher$/,
    action: /^iam:PassRole$/,
    reason: 'EventBridge Scheduler asks whether the maker of a schedule may pass its role on; the engine does not.',
  },
  {
    role: /^Control\/Administer$/,
    action: /^dynamodb:UpdateItem$/,
    resource: /TablesOpen/,
    reason: 'Enters a machine that is open and was lost with its table; of a run that has come to rest none is.',
    sometimes: true,
  },
  {
    role: /^Api\/Operations$/,
    action: /^s3:GetObject$/,
    reason: 'Signs the addresses of reports and results; who opens one decides whether the grant is used.',
    sometimes: true,
  },
  {
    role: /^Api\/LogPredictions$/,
    action: /^s3:GetObject$/,
    reason: 'Looks at the file that is there already when a delivery is repeated.',
    sometimes: true,
  },
  {
    role: /^Control\/RetentionEnforcer$/,
    action: /^(s3:(ListBucketVersions|DeleteObjectVersion)|dynamodb:|secretsmanager:GetSecretValue)/,
    reason: 'Removes what a policy does not keep, which is a day old at least; a clock asks its table every hour.',
    sometimes: true,
  },
  {
    role: /^Control\/Administer$/,
    action: /^dynamodb:PutItem$/,
    resource: /Retained/,
    reason: 'Enters tenants again whose policy says how long data is kept, which no tenant of a run has when the tables are filled.',
    sometimes: true,
  },
  {
    role: /^Loop\/RolloutsRolloutStep$/,
    action: /^dynamodb:GetItem$/,
    reason: 'Reads the routing entry that a repeated step would write.',
    sometimes: true,
  },
];

/** Policies whose content AWS keeps. */
export const MANAGED: Readonly<Record<string, string>> = {
  AWSLambdaBasicExecutionRole: 'Lambda itself writes the log; the engine does so without asking the role.',
  AWSLambdaVPCAccessExecutionRole: 'Lambda itself makes the network interfaces; the engine has no network.',
};
