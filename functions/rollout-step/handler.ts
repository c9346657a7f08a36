import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { mongoCalls } from '#adapters/mongo/calls.ts';
import { outsideEnd } from '#functions/_steps/outside-end.ts';
import { serveTask } from '#functions/_steps/serve-task.ts';
import { clientTimeouts } from '#functions/_stores/client-timeouts.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { dataBucketFrom } from '#functions/_stores/data-bucket-from.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { required } from '#functions/_stores/required.ts';
import { rolloutTasks } from './tasks.ts';

const env = process.env;

const serve = serveTask(
  'rollout',
  rolloutTasks({
    plane: controlPlaneFrom(env),
    routing: dynamoRouting(new DynamoDBClient(clientTimeouts()), required(env, 'ROUTING_TABLE')),
    calls: mongoCalls(mongoFrom(env)),
    objects: dataBucketFrom(env),
  }),
  env,
);

/** A state of the machine, or Step Functions telling how an execution of it ended. */
export const handler = async (event: unknown, lambda: Context) =>
  serve(outsideEnd(event, { step: 'roll-back', about: 'rollout' }) ?? event, lambda);
