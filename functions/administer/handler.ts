import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { dynamoRetainedTenants } from '#adapters/dynamodb/retained-tenants.ts';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { postgresProjections } from '#adapters/postgres/projections.ts';
import { clientTimeouts } from '#functions/_stores/client-timeouts.ts';
import { bellFrom, controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { openMachinesFrom } from '#functions/_stores/open-machines-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { required } from '#functions/_stores/required.ts';
import { administer } from './administer.ts';
import { rebuild } from './rebuild.ts';
import { rebuildWhen } from './rebuild-when.ts';

const env = process.env;
const pool = postgresFrom(env);
const dynamo = new DynamoDBClient(clientTimeouts());
const outbox = postgresOutbox(pool);
const common = { plane: controlPlaneFrom(env, pool), outbox, bell: bellFrom(env) };

const order = administer(common);
const rebuildIf = rebuildWhen(
  rebuild({
    ...common,
    projections: postgresProjections(pool),
    memberships: dynamoMemberships(dynamo, required(env, 'MEMBERSHIP_TABLE')),
    routing: dynamoRouting(dynamo, required(env, 'ROUTING_TABLE')),
    openMachines: openMachinesFrom(env, dynamo),
    retainedTenants: dynamoRetainedTenants(dynamo, required(env, 'RETAINED_TABLE')),
    logger: new Logger({ serviceName: 'administer' }),
  }),
  outbox,
);

/** Called by platform engineers, whom IAM lets in, by a deployment, and by a rule; not reachable from the API. */
export const handler = async (event: unknown, lambda: { readonly awsRequestId: string }) =>
  (await rebuildIf(event)) ?? order(event, lambda);
