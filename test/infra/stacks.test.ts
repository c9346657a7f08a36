import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseIssuers } from '#functions/authorizer/issuers.ts';
import { sluiceApp } from '../../infra/app.ts';
import { settingsOf } from '../../infra/config.ts';
import { ourFunctions, resources, STAGES, type Stage, synthesized, workspace } from './synth.ts';

const template = (stack: string) => {
  const found = synthesized('dev').templates[stack];
  if (!found) throw new Error(`There is no stack ${stack}.`);
  return found;
};

const SMALLEST = {
  workspace,
  selfContained: false,
  routes: { health: { method: 'GET', path: '/v1/health', plane: 'control', permission: 'public' } },
} as const;

/** What stands there after a deployment: the region, or something of the pool. */
const deployed = (part: unknown) => (JSON.stringify(part).includes('AWS::Region') ? 'us-east-1' : 'us-east-1_pool');

describe('the stacks', () => {
  it.each(STAGES)('of %s are seven', (stage) =>
    expect(Object.keys(synthesized(stage).templates)).toEqual(['Network', 'Data', 'Identity', 'Pipelines', 'Loop', 'Control', 'Api']),
  );

  it.each([
    ['Api', ['ApiUrl']],
    ['Identity', ['UserPoolId', 'UserClientId', 'ServiceClientId']],
    ['Data', ['DataBucketName', 'EvidenceBucketName', 'EventBusName', 'MigrateFunctionName', 'AlarmTopicArn', 'AlertTopicArn']],
    ['Control', ['AdministerFunctionName']],
    ['Pipelines', ['TrainingMachineArn']],
  ])('%s tells %j', (stack, names) => {
    for (const name of names) template(stack).hasOutput(name, {});
  });

  it('do not synthesize a route without a permission', () => {
    const routes = { open: { method: 'GET', path: '/v1/open', plane: 'control' } } as const;
    expect(() => sluiceApp({ settings: settingsOf('dev'), workspace, routes })).toThrow(/open \(GET \/v1\/open\) names no permission/);
  });

  it('need somebody who may come in', () =>
    expect(() => sluiceApp({ settings: { ...settingsOf('dev'), ownUserPool: false }, ...SMALLEST })).toThrow(/accepts nobody/));

  it('give the authorizer a setting that it takes, with an issuer beside the own pool too', () => {
    const issuers = [
      { issuer: 'https://login.example.com', jwksUri: 'https://login.example.com/keys', audiences: ['us'], prefix: 'corp:' },
    ];
    const app = sluiceApp({ settings: { ...settingsOf('dev'), issuers }, ...SMALLEST });
    const functions = Template.fromStack(app.node.findChild('Api') as Stack).findResources('AWS::Lambda::Function');
    const [setting] = Object.values(functions).flatMap(({ Properties }) => Properties.Environment?.Variables?.ISSUERS ?? []);
    const text = setting['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : deployed(part))).join('');
    expect(parseIssuers(text).map(({ prefix }) => prefix)).toEqual(['corp:', '']);
  });
});

describe('what a stage may ask for', () => {
  const settings = { ...settingsOf('dev'), otlpEndpoint: 'http://collector.internal:4318', alarmEmail: 'ops@example.com' };
  const asked = () => sluiceApp({ settings, ...SMALLEST });

  it('is a mail for every alarm', () =>
    Template.fromStack(asked().node.findChild('Data') as Stack).hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    }));

  it('is a place for the spans of every function', () => {
    const functions = Template.fromStack(asked().node.findChild('Api') as Stack).findResources('AWS::Lambda::Function');
    expect(Object.keys(functions).length).toBeGreaterThan(3);
    for (const { Properties } of Object.values(functions))
      expect(Properties.Environment.Variables.OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://collector.internal:4318');
  });

  it('is which instance types train', () => {
    const [, control] =
      resources('dev', 'AWS::Lambda::Function').find(([, fn]) => fn.Properties.Environment?.Variables?.TRAINING_INSTANCE_TYPES) ?? [];
    expect(control?.Properties.Environment.Variables.TRAINING_INSTANCE_TYPES.split(',')).toEqual(settings.trainingInstanceTypes);
  });

  it('is not more connections than its database has', () =>
    expect(() =>
      sluiceApp({ settings: { ...settings, reservedConcurrency: { ...settings.reservedConcurrency, control: 400 } }, ...SMALLEST }),
    ).toThrow(/connections to Postgres/));
});

describe('Data', () => {
  it.each(STAGES)('empties the buckets of %s when they go, or keeps them', (stage) =>
    expect(resources(stage, 'Custom::S3AutoDeleteObjects')).toHaveLength(settingsOf(stage).keepData ? 0 : 3),
  );

  it('sleeps when nobody asks', () =>
    template('Data').hasResourceProperties('AWS::RDS::DBCluster', {
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 600 },
    }));

  it('rings the bell with new items and forgets them', () =>
    template('Data').hasResourceProperties('AWS::DynamoDB::Table', {
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    }));

  it('migrates again when a SQL file changes', () =>
    template('Data').hasResourceProperties('Custom::SluiceMigration', { migrations: Match.stringLikeRegexp('^[0-9a-f]{64}$') }));

  it('gives the application a role of its own', () =>
    template('Data').hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: Match.objectLike({ SecretStringTemplate: '{"username":"sluice_app"}', GenerateStringKey: 'password' }),
    }));
});

describe('evidence', () => {
  const bucket = (stage: Stage) => resources(stage, 'AWS::S3::Bucket').find(([id]) => id.startsWith('Data/Evidence'))?.[1].Properties;

  it('of prod is locked for a year, whoever asks', () =>
    expect(bucket('prod')).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 365 } } },
    }));

  it('can be deleted where the stage does not say otherwise', () => expect(bucket('dev').ObjectLockEnabled).toBeUndefined());

  it('is not locked in a stage that deletes its buckets', () =>
    expect(() => sluiceApp({ settings: { ...settingsOf('dev'), evidenceLockDays: 1 }, ...SMALLEST })).toThrow(/does not keep its data/));

  it.each(STAGES)(
    'in %s is added by the reader of the outbox and read by the watch function, under audit keys, and by nobody else',
    (stage) => {
      const about = resources(stage, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
        (Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[])
          .filter(({ Resource }) => JSON.stringify(Resource).includes('EvidenceBucket'))
          .map(({ Action, Resource }) => [id.split('Function')[0], Action, JSON.stringify(Resource).includes('/tenants/*/audit/*')]),
      );
      expect(about.sort()).toEqual([
        ['Api/Watch', 's3:GetObject', true],
        ['Api/Watch', 's3:ListBucket', false],
        ['Control/ReadOutbox', 's3:PutObject', true],
      ]);
      expect(ourFunctions(stage).get('read-outbox')?.Properties.Environment.Variables.EVIDENCE_BUCKET).toBeDefined();
    },
  );
});

describe('Control', () => {
  it('publishes what the bell rings for, and loses nothing', () =>
    template('Control').hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    }));

  it('sweeps up the bells that the stream has lost, and looks at what is open and at what is overdue', () =>
    template('Control').hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Targets: ['sweep', 'recover', 'overdue'].map((tick) => Match.objectLike({ Input: `{"${tick}":true}` })),
    }));
});

describe('Api', () => {
  it('logs predictions in batches that may fail in part', () =>
    template('Api').hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 100,
    }));

  it('gives a queue six times its reader’s patience', () => {
    const [, reader] =
      resources('dev', 'AWS::Lambda::Function').find(
        ([, fn]) => fn.Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === 'log-predictions',
      ) ?? [];
    template('Data').hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 6 * reader?.Properties.Timeout,
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 5 }),
    });
  });
});

describe('Pipelines', () => {
  it('lets the machine start only jobs of ours, with only our role', () => {
    const statements = resources('dev', 'AWS::IAM::Policy').flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    const starts = statements.filter(({ Action }) => [Action].flat().includes('sagemaker:CreateTrainingJob'));
    expect(starts).toHaveLength(1);
    expect(JSON.stringify(starts[0].Resource)).toContain(':training-job/sluice-*');
    const passes = statements.filter(({ Action }) => [Action].flat().includes('iam:PassRole'));
    // Each role is passed to one service: the jobs' here, and the schedules' by the publisher (alerting.test.ts).
    expect(passes.map(({ Condition }) => Condition.StringEquals['iam:PassedToService']).sort()).toEqual([
      'sagemaker.amazonaws.com',
      'scheduler.amazonaws.com',
    ]);
  });

  it('hears of every end that no state could write down, and loses none', () => {
    template('Pipelines').hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [{ Ref: Match.stringLikeRegexp('^TrainingMachine') }], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })],
    });
    template('Pipelines').hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  it('ends every execution, later than the longest job and the longest approval could', () => {
    const [[, machine] = []] = resources('dev', 'AWS::StepFunctions::StateMachine');
    const days = JSON.parse(machine?.Properties.DefinitionString).TimeoutSeconds / 86_400;
    expect(days).toBeGreaterThan(90 + 1 + 1);
    expect(days).toBeLessThan(365);
  });

  it.each(['ExecutionsTimedOut', 'ExecutionsAborted'])('tells somebody of %s', (MetricName) =>
    template('Pipelines').hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/States',
      MetricName,
      AlarmActions: [Match.anyValue()],
    }),
  );

  it('keeps the log of every state and its trace', () =>
    template('Pipelines').hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: Match.objectLike({ Level: 'ALL' }),
      TracingConfiguration: { Enabled: true },
    }));
});
