import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { dynamoRetainedTenants } from '#adapters/dynamodb/retained-tenants.ts';
import { mongoAgedDocuments } from '#adapters/mongo/aged-documents.ts';
import { postgresDataInUse } from '#adapters/postgres/data-in-use.ts';
import { s3AgedObjects } from '#adapters/s3/aged-objects.ts';
import { clientTimeouts } from '#functions/_stores/client-timeouts.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { s3From } from '#functions/_stores/data-bucket-from.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { required } from '#functions/_stores/required.ts';
import { type Enforcing, enforceRetention, enterPolicy } from './enforce.ts';
import { tellExpired } from './tell-expired.ts';

const env = process.env;
const pool = postgresFrom(env);
const inUse = postgresDataInUse(pool);

const enforcing: Enforcing = {
  tenants: dynamoRetainedTenants(new DynamoDBClient(clientTimeouts()), required(env, 'RETAINED_TABLE')),
  objects: s3AgedObjects(s3From(env), required(env, 'DATA_BUCKET')),
  documents: mongoAgedDocuments(mongoFrom(env)),
  inUse,
  policy: inUse.policy,
  tell: tellExpired({ plane: controlPlaneFrom(env, pool), isTold: inUse.isTold }),
  now: Date.now,
};
const enforce = enforceRetention(enforcing, new Logger({ serviceName: 'enforce-retention' }));
const enter = enterPolicy(enforcing);

const Event = z.union([z.strictObject({ enforce: z.literal(true) }), z.strictObject({ policyOf: z.uuid() })]);

/** A schedule's `{ "enforce": true }`, or the tenant whose policy has changed. */
export async function handler(event: unknown) {
  const asked = Event.parse(event);
  return 'policyOf' in asked ? enter(asked.policyOf) : enforce();
}
