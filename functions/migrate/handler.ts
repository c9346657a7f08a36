import { Logger } from '@aws-lambda-powertools/logger';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mongoStore } from '#adapters/mongo/mongo-store.ts';
import { removeCollections } from '#adapters/mongo/remove-collections.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { removeSchema } from '#adapters/postgres/remove-schema.ts';
import { parsePostgresSecret } from '#adapters/postgres/secret.ts';
import { secretText } from '#adapters/secrets/secret-text.ts';
import { required } from '#functions/_stores/required.ts';
import { completedSecret } from './complete-secret.ts';
import { MIGRATIONS } from './migrations.ts';

const env = process.env;
const ownerArn = required(env, 'POSTGRES_OWNER_SECRET_ARN');
const appArn = required(env, 'POSTGRES_SECRET_ARN');
const secrets = new SecretsManagerClient();
const logger = new Logger({ serviceName: 'migrate' });

interface ResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** A person who has a new password set sends none. */
  readonly ResourceProperties?: {
    /** `remove`: what the app keeps in the databases goes with the stack. */
    readonly whenDeleted?: string;
  };
}

/** A custom resource: brings the database to this deployment's migrations. Deleting the stack leaves the databases as they are unless it says otherwise. */
export async function handler({ RequestType, ResourceProperties }: ResourceEvent) {
  const done = (applied: readonly string[]) => ({ PhysicalResourceId: 'migrations', Data: { applied: applied.join(',') } });
  if (RequestType === 'Delete') {
    if (ResourceProperties?.whenDeleted === 'remove') await removeEverything();
    return done([]);
  }
  const [ownerText, appText] = await Promise.all([secretText(secrets, ownerArn), secretText(secrets, appArn)]);
  const owner = parsePostgresSecret(ownerText);
  const completed = completedSecret(appText, owner);
  if (completed !== undefined) await secrets.send(new PutSecretValueCommand({ SecretId: appArn, SecretString: completed }));
  const applied = await migrate(owner, MIGRATIONS, parsePostgresSecret(completed ?? appText));
  logger.info('migrated', { applied: [...applied], secretCompleted: completed !== undefined });
  return done(applied);
}

async function removeEverything(): Promise<void> {
  const [ownerText, appText] = await Promise.all([secretText(secrets, ownerArn), secretText(secrets, appArn)]);
  const { username } = JSON.parse(appText);
  await removeSchema(parsePostgresSecret(ownerText), MIGRATIONS, username);
  await removeCollections(await mongoStore({ secret: () => secretText(secrets, required(env, 'MONGO_SECRET_ARN')) })());
  logger.info('removed');
}
