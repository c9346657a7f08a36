import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { eventBus } from '#adapters/events/event-bus.ts';
import { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { required } from '#functions/_stores/required.ts';
import { askReadOutbox } from './ask-read-outbox.ts';
import { deliverTo } from './deliver.ts';
import { publishBells } from './publish-bells.ts';

const env = process.env;
const dynamo = new DynamoDBClient();
const logger = new Logger({ serviceName: 'publish-outbox' });
const outbox = askReadOutbox(new LambdaClient(), required(env, 'READ_OUTBOX_FUNCTION'));

export const handler = publishBells(
  {
    ...outbox,
    silence: dynamoBell(dynamo, required(env, 'BELL_TABLE')).silence,
    deliver: deliverTo({
      bus: eventBus(new EventBridgeClient(), required(env, 'EVENT_BUS_NAME')),
      orchestrator: stepFunctions(new SFNClient()),
      memberships: dynamoMemberships(dynamo, required(env, 'MEMBERSHIP_TABLE')),
      stateMachines: { training: required(env, 'TRAINING_MACHINE_ARN') },
      warn: (message, facts) => logger.warn(message, { ...facts }),
    }),
    now: Date.now,
  },
  logger,
);
