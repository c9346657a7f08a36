import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { eventBus } from '#adapters/events/event-bus.ts';
import { eventBridgeSchedules, type ScheduleTarget } from '#adapters/scheduler/schedules.ts';
import { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { clientTimeouts } from '#functions/_stores/client-timeouts.ts';
import { invoking } from '#functions/_stores/invoking.ts';
import { required } from '#functions/_stores/required.ts';
import { askReadOutbox } from './ask-read-outbox.ts';
import { checkExecution } from './check-execution.ts';
import { deliverTo } from './deliver.ts';
import { orderSchedule } from './order-schedule.ts';
import { publishBells } from './publish-bells.ts';
import { type Sweeping, sweepBells } from './sweep-bells.ts';

const env = process.env;
const dynamo = new DynamoDBClient(clientTimeouts());
const logger = new Logger({ serviceName: 'publish-outbox' });
const lambda = new LambdaClient();
const bell = dynamoBell(dynamo, required(env, 'BELL_TABLE'));
const orchestrator = stepFunctions(new SFNClient(clientTimeouts()));
const stateMachines = JSON.parse(required(env, 'STATE_MACHINES')) as Readonly<Record<string, string>> & { readonly training: string };
const schedules = JSON.parse(required(env, 'SCHEDULES')) as ScheduleTarget;
const outbox = askReadOutbox(lambda, required(env, 'READ_OUTBOX_FUNCTION'));

const publishing: Sweeping = {
  ...outbox,
  silence: bell.silence,
  unheard: bell.unheard,
  deliver: deliverTo({
    bus: eventBus(new EventBridgeClient(clientTimeouts()), required(env, 'EVENT_BUS_NAME')),
    orchestrator,
    memberships: dynamoMemberships(dynamo, required(env, 'MEMBERSHIP_TABLE')),
    stateMachines,
    schedule: orderSchedule({
      schedules: eventBridgeSchedules(new SchedulerClient(clientTimeouts()), schedules),
      stateMachines,
      newestOrder: outbox.newestOrder,
    }),
    warn: (message, facts) => logger.warn(message, { ...facts }),
  }),
  check: checkExecution({
    orchestrator,
    trainingMachine: stateMachines.training,
    recordFailure: invoking(lambda, required(env, 'PIPELINE_STEP_FUNCTION')),
  }),
  now: Date.now,
};
const publish = publishBells(publishing, logger);
const sweep = sweepBells(publishing, logger);

/** The bell table's stream, or the schedule's `{ "sweep": true }`. */
export const handler = async (event: DynamoDBStreamEvent | { readonly sweep: true }) => ('sweep' in event ? sweep() : publish(event));
