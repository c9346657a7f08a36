import { CreateEventBusCommand, EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Match } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../../infra/config.ts';
import { startAws, type TestAws } from '../support/aws.ts';
import { ourFunctions, resources, STAGES, synthesized } from './synth.ts';

const template = (stack: string) => {
  const found = synthesized('dev').templates[stack];
  if (!found) throw new Error(`There is no stack ${stack}.`);
  return found;
};

describe('alerts', () => {
  it.each([['monitor.drift.detected.v1'], ['rollout.rolled-back.v1'], ['retraining.decided.v1']])(
    'tell people of %s, event and all',
    (type) =>
      template('Data').hasResourceProperties('AWS::Events::Rule', {
        EventPattern: { source: ['sluice'], 'detail-type': [type] },
        Targets: [
          Match.objectLike({
            Arn: { Ref: Match.stringLikeRegexp('^AlertsTopic') },
            DeadLetterConfig: Match.anyValue(),
            InputTransformer: {
              InputPathsMap: Match.objectLike({ detail: '$.detail', 'detail-data-model': '$.detail.data.model' }),
              InputTemplate: Match.stringLikeRegexp('^\\{"text":".*<detail-data-model>.*","event":<detail>\\}$'),
            },
          }),
        ],
      }),
  );
});

describe('an alert as people get it', () => {
  let aws: TestAws;
  beforeAll(async () => {
    aws = await startAws();
  });
  afterAll(() => aws.stop());

  it('says in a sentence what happened, and then everything', async () => {
    const [events, sns, sqs] = [new EventBridgeClient(aws.config), new SNSClient(aws.config), new SQSClient(aws.config)];
    await events.send(new CreateEventBusCommand({ Name: 'sluice' }));
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'alerts' }));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'mailbox' }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }));
    const rules = resources('dev', 'AWS::Events::Rule').filter(([, { Properties }]) =>
      Properties.Targets[0].Arn.Ref?.startsWith('AlertsTopic'),
    );
    expect(rules).toHaveLength(3);
    for (const [Name, { Properties }] of rules.map(([id, rule]) => [id.split('/').at(-1) ?? '', rule] as const)) {
      const { EventPattern, Targets } = Properties;
      await events.send(new PutRuleCommand({ Name, EventBusName: 'sluice', EventPattern: JSON.stringify(EventPattern) }));
      const target = { Id: 'topic', Arn: TopicArn, InputTransformer: Targets[0].InputTransformer };
      await events.send(new PutTargetsCommand({ Rule: Name, EventBusName: 'sluice', Targets: [target] }));
    }
    const data = { model: 'delay', version: 2, monitor: 'daily', scan: 's1', sentences: ['"distance" moved by 0.42 σ'] };
    const event = { id: 'e1', type: 'monitor.drift.detected.v1', tenant: 't', data };
    for (const DetailType of [event.type, 'monitor.scan.completed.v1'])
      await events.send(
        new PutEventsCommand({ Entries: [{ EventBusName: 'sluice', Source: 'sluice', DetailType, Detail: JSON.stringify(event) }] }),
      );
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }));
    const told = Messages.map(({ Body = '{}' }) => JSON.parse(JSON.parse(Body).Message));
    expect(told).toEqual([
      {
        text: 'Model delay, version 2: the monitor daily found drift in scan s1. "sentences" below says where and how much.',
        event,
      },
    ]);
  });
});

describe('webhooks', () => {
  it.each(STAGES)('of %s are told by a function outside the VPC, which calls private addresses on a laptop only', (stage) => {
    const { VpcConfig, Environment } = ourFunctions(stage).get('deliver-webhooks')?.Properties ?? {};
    expect([VpcConfig, Environment.Variables.WEBHOOK_PRIVATE_ADDRESSES]).toEqual([undefined, String(stage === 'local')]);
    expect(settingsOf(stage).webhooks.privateAddresses).toBe(stage === 'local');
  });

  it('are tried eight times each, alone, and then wait where an alarm looks', () => {
    template('Control').hasResourceProperties('AWS::SQS::Queue', { RedrivePolicy: Match.objectLike({ maxReceiveCount: 8 }) });
    template('Control').hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 20 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

describe('schedules', () => {
  const statements = () => resources('dev', 'AWS::IAM::Policy').flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);

  it('have a group of their own, and a role that starts the drift scan for that group and nothing else', () => {
    template('Control').hasResourceProperties('AWS::Scheduler::ScheduleGroup', { Name: 'sluice-dev' });
    const roles = resources('dev', 'AWS::IAM::Role').filter(([, { Properties }]) =>
      JSON.stringify(Properties.AssumeRolePolicyDocument).includes('scheduler.amazonaws.com'),
    );
    expect(roles).toHaveLength(1);
    expect(roles[0]?.[1].Properties.AssumeRolePolicyDocument.Statement[0].Condition).toMatchObject({
      ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringMatching(/^SchedulesGroup/), 'Arn'] } },
    });
    const starts = statements().filter(({ Action }) => Action === 'states:StartExecution');
    expect(starts.filter(({ Resource }) => JSON.stringify(Resource).includes('stateMachine:sluice-dev-drift-scan'))).toHaveLength(1);
  });

  it('are made by the publisher with that role only', () => {
    const passed = statements().filter(({ Action }) => Action === 'iam:PassRole');
    const toScheduler = passed.filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('scheduler.amazonaws.com'));
    expect(toScheduler).toHaveLength(1);
    expect(JSON.stringify(toScheduler[0].Resource)).toMatch(/SchedulesRole/);
    const writes = statements().filter(({ Action }) => [Action].flat().some((action) => String(action).startsWith('scheduler:')));
    expect(writes).toHaveLength(1);
    expect(JSON.stringify(writes[0].Resource)).toContain('schedule/');
  });
});
