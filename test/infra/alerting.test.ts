import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../infra/config.ts';
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
