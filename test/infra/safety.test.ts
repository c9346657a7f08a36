import { describe, expect, it } from 'vitest';
import { REMOVABLE_FOLDERS } from '../../core/retention/index.ts';
import { IMMUTABLE } from '../../infra/constructs/data-bucket.ts';
import { REMOVABLE } from '../../infra/constructs/retention.ts';
import { type CfnResource, resources, STAGES } from './synth.ts';

/** Actions that AWS lets nobody narrow down to a resource. */
const ON_EVERYTHING = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'dynamodb:ListStreams',
  'cloudwatch:PutMetricData',
  'ecr:GetAuthorizationToken',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Type → what must hold of each of its resources. */
const ENCRYPTED: Readonly<Record<string, (properties: CfnResource['Properties']) => unknown>> = {
  'AWS::S3::Bucket': ({ BucketEncryption, PublicAccessBlockConfiguration: access }) =>
    BucketEncryption && access.BlockPublicAcls && access.BlockPublicPolicy && access.IgnorePublicAcls && access.RestrictPublicBuckets,
  'AWS::SQS::Queue': ({ SqsManagedSseEnabled }) => SqsManagedSseEnabled,
  'AWS::RDS::DBCluster': ({ StorageEncrypted }) => StorageEncrypted,
  'AWS::DocDB::DBCluster': ({ StorageEncrypted, EngineVersion }) => StorageEncrypted && EngineVersion === '8.0.0',
  // DynamoDB encrypts every table; its own key costs nothing and no call.
  'AWS::DynamoDB::Table': ({ PointInTimeRecoverySpecification, BillingMode }) =>
    PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled && BillingMode === 'PAY_PER_REQUEST',
  'AWS::Logs::LogGroup': ({ RetentionInDays }) => RetentionInDays > 0,
};

describe.each(STAGES)('%s', (stage) => {
  it('lets one function remove objects for good, and only where policies may say how long something is kept', () => {
    expect([...REMOVABLE].sort()).toEqual(REMOVABLE_FOLDERS.map((folder) => folder.slice(0, -1)).sort());
    const removing = resources(stage, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      (Properties.PolicyDocument.Statement as readonly Statement[])
        .filter(({ Action }) => [Action].flat().some((action) => /^s3:(Delete|\*)/.test(action)))
        .map(({ Resource }) => ({ id, paths: [Resource].flat().map((each) => /tenants\/\*\/(.*)\/\*/.exec(JSON.stringify(each))?.[1]) })),
    );
    expect(removing).toHaveLength(1);
    expect(removing[0]?.id).toContain('RetentionEnforcer');
    expect([...(removing[0]?.paths ?? [])].sort()).toEqual([...REMOVABLE].sort());
  });

  it.each(Object.entries(ENCRYPTED))('every %s is encrypted, closed and bounded as it should be', (type, holds) => {
    for (const [id, { Properties }] of resources(stage, type)) expect(Boolean(holds(Properties)), id).toBe(true);
  });

  it('lets every bucket, queue and topic be reached over TLS only', () => {
    for (const [type, policy] of [
      ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy'],
      ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'],
      ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'],
    ] as const) {
      const guarded = resources(stage, policy).filter(([, { Properties }]) =>
        JSON.stringify(Properties).includes('"aws:SecureTransport":"false"'),
      );
      expect(guarded.length, type).toBe(resources(stage, type).length);
    }
  });

  it('lets the service that has to tell of something publish to its topic', () => {
    const tellers = { '^Data/Alarms': 'cloudwatch.amazonaws.com', '^Data/AlertsTopic': 'events.amazonaws.com' };
    expect(resources(stage, 'AWS::SNS::Topic')).toHaveLength(Object.keys(tellers).length);
    for (const [topic, Service] of Object.entries(tellers)) {
      const [policy] = resources(stage, 'AWS::SNS::TopicPolicy').filter(([id]) => new RegExp(topic).test(id));
      // Beside a policy of its own, a topic knows no other.
      expect(policy?.[1].Properties.PolicyDocument.Statement, topic).toContainEqual(
        expect.objectContaining({ Effect: 'Allow', Action: 'sns:Publish', Principal: { Service } }),
      );
    }
  });

  it('lets the publisher of the outbox answer those machines only that wait for an answer', () => {
    const answers = resources(stage, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      Properties.PolicyDocument.Statement.filter(({ Action }: Statement) => JSON.stringify(Action).includes('states:SendTask')),
    );
    const machines = JSON.stringify(answers.map(({ Resource }) => Resource)).match(/(?<=ExportsOutputRef)[A-Za-z]+?Machine/g) ?? [];
    expect(machines.sort()).toEqual(['RolloutsMachine', 'TrainingMachine']);
  });

  it('lets the operations plane read what it shows, and write nothing', () => {
    const [policy] = resources(stage, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('Api/Operations'));
    const onS3 = policy?.[1].Properties.PolicyDocument.Statement.filter(({ Action }: Statement) => String(Action).startsWith('s3:'));
    expect(onS3.map(({ Action }: Statement) => Action).sort()).toEqual(['s3:GetObject', 's3:ListBucket']);
    for (const { Action, Resource } of onS3) if (Action === 's3:GetObject') expect(JSON.stringify(Resource)).not.toMatch(/tenants\/\*"/);
  });

  it('writes once what is never written again', () => {
    const statements = resources(stage, 'AWS::S3::BucketPolicy').flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    const once = statements.find(({ Sid }) => Sid === 'ImmutableKeysAreWrittenOnce');
    expect(once).toMatchObject({ Effect: 'Deny', Action: 's3:PutObject', Condition: { Null: { 's3:if-none-match': 'true' } } });
    expect(statements.find(({ Sid }) => Sid === 'EvidenceIsWrittenOnce')).toMatchObject({
      Effect: 'Deny',
      Action: 's3:PutObject',
      Condition: { Null: { 's3:if-none-match': 'true' } },
    });
    expect(once.Resource).toHaveLength(IMMUTABLE.length);
    for (const keys of IMMUTABLE) expect(JSON.stringify(once.Resource)).toContain(`"/${keys}"`);
  });

  it('grants nothing on everything but what cannot be narrowed', () => {
    const statements = resources(stage, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      (Properties.PolicyDocument.Statement as Statement[]).map((statement) => ({ id, ...statement })),
    );
    expect(statements.length).toBeGreaterThan(20);
    const wide = statements.filter(({ Effect, Resource }) => Effect === 'Allow' && [Resource].flat().includes('*'));
    expect(
      wide.flatMap(({ id, Action }) =>
        [Action]
          .flat()
          .filter((action) => !ON_EVERYTHING.includes(action))
          .map((action) => `${id}: ${action}`),
      ),
    ).toEqual([]);
  });

  it('lets only migrate read the owner of the tables', () => {
    const knowing = resources(stage, 'AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties.Environment?.Variables?.POSTGRES_OWNER_SECRET_ARN,
    );
    expect(knowing.map(([, { Properties }]) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME)).toEqual(['migrate']);
  });
});
