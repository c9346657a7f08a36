import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';

export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What a job reaches AWS with: the rights of its own role and no others. */
export interface JobClients {
  readonly s3: S3Client;
  readonly logs: CloudWatchLogsClient;
  /** As variables, for a job that has network. */
  environment(): Promise<Readonly<Record<string, string>>>;
  destroy(): void;
}

interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** Takes on the job's role, as SageMaker does, and anew whenever the session runs out. */
export function jobClients(access: AwsAccess, roleArn: string, job: string): JobClients {
  const credentials = () => assumeRole(access, roleArn, job);
  const client = { endpoint: access.endpoint, region: access.region, credentials };
  const s3 = new S3Client({ ...client, ...S3_SETTINGS });
  const logs = new CloudWatchLogsClient(client);
  return {
    s3,
    logs,
    async environment() {
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
      return {
        AWS_ENDPOINT_URL: access.endpoint,
        S3_ENDPOINT_URL: access.endpoint, // the toolkit's own name for it
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      };
    },
    destroy() {
      s3.destroy();
      logs.destroy();
    },
  };
}

export const S3_SETTINGS = {
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const;

/** STS by hand: one call is not worth a client. The account's own key needs no signature in the region. */
async function assumeRole({ endpoint, region, credentials }: AwsAccess, RoleArn: string, RoleSessionName: string): Promise<Session> {
  const scope = `${credentials.accessKeyId}/20260101/${region}/sts/aws4_request`;
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': 'AWSSecurityTokenServiceV20110615.AssumeRole',
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify({ RoleArn, RoleSessionName }),
  });
  if (!answer.ok) throw new Error(`The role ${RoleArn} cannot be taken on: ${await answer.text()}`);
  const { Credentials: given } = (await answer.json()) as { readonly Credentials: Readonly<Record<string, string | number>> };
  return {
    accessKeyId: String(given['AccessKeyId']),
    secretAccessKey: String(given['SecretAccessKey']),
    sessionToken: String(given['SessionToken']),
    expiration: expiryOf(given['Expiration']),
  };
}

function expiryOf(value: unknown): Date {
  return new Date(typeof value === 'number' ? value * 1000 : String(value));
}
