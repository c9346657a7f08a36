import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';
import { eventBus } from '#adapters/events/event-bus.ts';
import { eventBridgeSchedules, type ScheduleTarget } from '#adapters/scheduler/schedules.ts';
import { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { clientTimeouts } from '#functions/_stores/client-timeouts.ts';
import { dueRunsFrom } from '#functions/_stores/due-runs-from.ts';
import { invoking } from '#functions/_stores/invoking.ts';
import { required } from '#functions/_stores/required.ts';
import { askReadOutbox } from './ask-read-outbox.ts';
import { countOverdue } from './count-overdue.ts';
import { deliverTo } from './deliver.ts';
import { orderSchedule } from './order-schedule.ts';
import { publishBells } from './publish-bells.ts';
import { type Recovering, recoverMachine } from './recover-machine.ts';
import { countRecovered, recoverOpen } from './recover-open.ts';
import { type Sweeping, sweepBells } from './sweep-bells.ts';

const env = process.env;
const dynamo = new DynamoDBClient(clientTimeouts());
const logger = new Logger({ serviceName: 'publish-outbox' });
const lambda = new LambdaClient();
const bell = dynamoBell(dynamo, required(env, 'BELL_TABLE'));
const orchestrator = stepFunctions(new SFNClient(clientTimeouts()));
const openMachines = dynamoOpenMachines(dynamo, required(env, 'OPEN_TABLE'));
const dueRuns = dueRunsFrom(env, dynamo);
const byName = (variable: string) => JSON.parse(required(env, variable)) as Readonly<Record<string, string>>;
const stateMachines = byName('STATE_MACHINES');
const schedules = JSON.parse(required(env, 'SCHEDULES')) as ScheduleTarget;
const metrics = new Metrics({ namespace: 'Sluice', serviceName: 'publish-outbox' });
const outbox = askReadOutbox(lambda, required(env, 'READ_OUTBOX_FUNCTION'));

const recovering: Recovering = {
  orchestrator,
  openMachines,
  stateMachines,
  recorders: Object.fromEntries(Object.entries(byName('RECORDERS')).map(([machine, fn]) => [machine, invoking(lambda, fn)])),
  standing: outbox.standing,
  now: Date.now,
};
const recoverOne = recoverMachine(recovering);

const publishing: Sweeping = {
  ...outbox,
  silence: bell.silence,
  unheard: bell.unheard,
  deliver: deliverTo({
    bus: eventBus(new EventBridgeClient(clientTimeouts()), required(env, 'EVENT_BUS_NAME')),
    orchestrator,
    openMachines,
    memberships: dynamoMemberships(dynamo, required(env, 'MEMBERSHIP_TABLE')),
    stateMachines,
    schedule: orderSchedule({
      schedules: eventBridgeSchedules(new SchedulerClient(clientTimeouts()), schedules),
      dueRuns,
      stateMachines,
      newestOrder: outbox.newestOrder,
    }),
    warn: (message, facts) => logger.warn(message, { ...facts }),
  }),
  // Whoever minds does not wait until the next recovery.
  check: async ({ tenant }, execution) => {
    const input = { tenant, execution };
    const entry = { machine: 'training', name: execution, tenant, input, traceparent: null, since: new Date(0), dueAt: undefined };
    return (await recoverOne(entry)).action;
  },
  now: Date.now,
};
const publish = publishBells(publishing, logger);
const sweep = sweepBells(publishing, logger);
const recover = recoverOpen(recovering, logger, countRecovered(metrics));
const overdue = countOverdue({ dueRuns, openMachines, logger, metrics, now: Date.now });

type Tick = { readonly sweep: true } | { readonly recover: true } | { readonly overdue: true };

/** The bell table's stream, or a schedule's `{ "sweep": true }`, `{ "recover": true }` and `{ "overdue": true }`. */
export async function handler(event: DynamoDBStreamEvent | Tick) {
  if ('sweep' in event) return sweep();
  if ('overdue' in event) return overdue();
  return 'recover' in event ? recover() : publish(event);
}
