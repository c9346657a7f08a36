import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleGroupCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { dynamoBell, type Rung } from '../../adapters/dynamodb/bell.ts';
import { dynamoDueRuns } from '../../adapters/dynamodb/due-runs.ts';
import { dynamoMemberships } from '../../adapters/dynamodb/memberships.ts';
import { eventBus } from '../../adapters/events/event-bus.ts';
import { postgresAuditSealing } from '../../adapters/postgres/audit-sealing.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { postgresOutbox } from '../../adapters/postgres/outbox.ts';
import { s3Evidence, s3EvidenceKeeping } from '../../adapters/s3/evidence.ts';
import { eventBridgeSchedules } from '../../adapters/scheduler/schedules.ts';
import { stepFunctions } from '../../adapters/stepfunctions/orchestrator.ts';
import { sealAudit } from '../../core/audit/index.ts';
import type { Context, Recorded } from '../../core/kernel/index.ts';
import { deliverTo } from '../../functions/publish-outbox/deliver.ts';
import { type KeptOrder, orderSchedule } from '../../functions/publish-outbox/order-schedule.ts';
import { publishBells } from '../../functions/publish-outbox/publish-bells.ts';
import type { Sweeping } from '../../functions/publish-outbox/sweep-bells.ts';
import { readOutbox } from '../../functions/read-outbox/read-outbox.ts';
import { standings } from '../../functions/read-outbox/standings.ts';
import { webhookBook } from '../../functions/read-outbox/webhook-book.ts';
import { startAws } from './aws.ts';
import { newTable } from './new-table.ts';
import { openMachinesIn } from './open-machines.ts';
import { startPostgres } from './postgres.ts';

const GROUP = 'sluice-test';
const MACHINE = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } };

export const silent = { info: () => undefined, error: () => undefined };
const newestOrderIn = ({ order }: { readonly order: KeptOrder | null }) => order ?? undefined;

/** The publisher of the outbox on real stores, with everything that it delivers to. */
export async function startPublisher() {
  const [postgres, aws] = await Promise.all([startPostgres(), startAws()]);
  const dynamo = new DynamoDBClient(aws.config);
  const sfn = new SFNClient(aws.config);
  const scheduler = new SchedulerClient(aws.config);
  const s3 = new S3Client(aws.config);
  await scheduler.send(new CreateScheduleGroupCommand({ Name: GROUP }));
  await Promise.all([newTable(dynamo, ['pk'], 'bell'), newTable(dynamo, ['pk', 'sk'], 'membership')]);
  const dueRuns = dynamoDueRuns(dynamo, await newTable(dynamo, ['pk']));
  const openMachines = await openMachinesIn(aws);
  const made = await sfn.send(
    new CreateStateMachineCommand({ name: 'training', definition: JSON.stringify(MACHINE), roleArn: 'arn:aws:iam::000000000000:role/any' }),
  );
  const machine = made.stateMachineArn ?? '';
  const bus = await heardBus(aws.config);

  const bell = dynamoBell(dynamo, 'bell');
  const rung: Rung[] = [];
  const warnings: string[] = [];
  const ring = async (intent: string, tenant: string) => {
    await bell.ring(intent, tenant);
    rung.push({ intent, tenant, rungAt: new Date() });
  };
  const plane = controlPlane({ pool: postgres.pool, bell: { ring } });
  await s3.send(new CreateBucketCommand({ Bucket: 'evidence' }));
  const audit = { sealing: postgresAuditSealing(postgres.pool), evidence: s3EvidenceKeeping(s3, 'evidence') };
  const outbox = readOutbox({
    outbox: postgresOutbox(postgres.pool),
    webhooks: webhookBook(plane),
    standings: standings(plane),
    seal: (tenant) => sealAudit(audit, tenant),
  });
  const publishing: Sweeping = {
    // Through JSON, as the invocation of the reading function does it.
    ask: async ({ tenant, intent }) => JSON.parse(JSON.stringify(await outbox({ tenant, intent }))),
    mark: async (tenant, published) => void (await outbox({ tenant, published })),
    seal: async (tenant) => void (await outbox({ tenant, seal: true })),
    silence: bell.silence,
    unheard: bell.unheard,
    deliver: deliverTo({
      bus: eventBus(bus.events, 'sluice'),
      orchestrator: stepFunctions(sfn),
      memberships: dynamoMemberships(dynamo, 'membership'),
      openMachines,
      stateMachines: { training: machine },
      schedule: orderSchedule({
        schedules: eventBridgeSchedules(scheduler, {
          group: GROUP,
          roleArn: 'arn:aws:iam::000000000000:role/schedules',
          deadLetterArn: 'arn:aws:sqs:us-east-1:000000000000:missed',
        }),
        dueRuns,
        stateMachines: { 'drift-scan': machine },
        newestOrder: async (tenant, scheduled) => newestOrderIn(JSON.parse(JSON.stringify(await outbox({ tenant, scheduled })))),
      }),
      warn: (message) => void warnings.push(message),
    }),
    check: async () => 'nobody is checked here',
    now: Date.now,
  };

  /** As the stream of the bells' table hands them over. */
  const publish = (bells: readonly Rung[], by: Sweeping = publishing) => publishBells(by, silent)(streamOf(bells));

  return {
    postgres,
    dynamo,
    sfn,
    /** The only state machine there is; it waits. */
    machine,
    plane,
    ring,
    rung,
    warnings,
    publishing,
    publish,
    dueRuns,
    openMachines,
    memberships: dynamoMemberships(dynamo, 'membership'),
    evidence: s3Evidence(s3, 'evidence'),
    heard: bus.heard,
    schedule: (Name: string) => scheduler.send(new GetScheduleCommand({ Name, GroupName: GROUP })),

    async bellIsSilent({ intent }: Rung): Promise<boolean> {
      return (await dynamo.send(new GetItemCommand({ TableName: 'bell', Key: { pk: { S: intent } } }))).Item === undefined;
    },

    async someone(): Promise<Context> {
      const { id } = await postgres.newTenant();
      return {
        tenant: id,
        principal: { id: 'ada', kind: 'user', roles: [] },
        now: new Date(),
        requestId: 'r',
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      };
    },

    async write(ctx: Context, facts: readonly Recorded[]): Promise<Rung> {
      await plane.write(ctx, {}, async (tx) => {
        for (const fact of facts) tx.record(fact);
      });
      return rung.findLast(({ tenant }) => tenant === ctx.tenant) as Rung;
    },

    /** Name and status of the executions whose names begin so. */
    async executions(name: string): Promise<readonly string[]> {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }));
      return executions.filter((each) => each.name?.startsWith(name)).map((each) => `${each.name}: ${each.status}`);
    },

    async stop() {
      for (const client of [dynamo, sfn, scheduler, s3]) client.destroy();
      bus.destroy();
      await Promise.all([postgres.stop(), aws.stop()]);
    },
  };
}

/** An event bus, and what was said on it. */
async function heardBus(config: Awaited<ReturnType<typeof startAws>>['config']) {
  const [events, sqs] = [new EventBridgeClient(config), new SQSClient(config)];
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'heard' }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  await events.send(new CreateEventBusCommand({ Name: 'sluice' }));
  await events.send(new PutRuleCommand({ Name: 'all', EventBusName: 'sluice', EventPattern: JSON.stringify({ source: ['sluice'] }) }));
  await events.send(
    new PutTargetsCommand({ Rule: 'all', EventBusName: 'sluice', Targets: [{ Id: 'queue', Arn: Attributes?.QueueArn ?? '' }] }),
  );
  return {
    events,
    async heard(subject: string): Promise<Record<string, unknown>[]> {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }));
      return Messages.map(({ Body = '{}' }) => JSON.parse(Body).detail).filter((event) => event.subject === subject);
    },
    destroy() {
      events.destroy();
      sqs.destroy();
    },
  };
}

/** What the bell table's stream hands over. */
function streamOf(bells: readonly Rung[]): DynamoDBStreamEvent {
  const Records = bells.map(({ intent, tenant, rungAt }, index) => ({
    eventName: 'INSERT' as const,
    dynamodb: {
      SequenceNumber: String(index),
      NewImage: { pk: { S: intent }, tenant: { S: tenant }, rungAt: { N: String(rungAt.getTime()) } },
    },
  }));
  return { Records };
}
