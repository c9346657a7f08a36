import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { StoreUnavailable } from '#core/kernel/index.ts';

/** The text of a secret as it is now. */
export async function secretText(client: Pick<SecretsManagerClient, 'send'>, arn: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn })).catch((cause: unknown) => {
    throw isPassing(cause) ? new StoreUnavailable('Secrets Manager', { cause }) : cause;
  });
  if (SecretString === undefined) throw new Error(`The secret ${arn} has no text`);
  return SecretString;
}

function isPassing(error: unknown): boolean {
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || status >= 500 || status === 429;
}
