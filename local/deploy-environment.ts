import type { Region } from './region-record.ts';

/**
 * The environment of a process that shall reach the region instead of AWS: the CDK's command line, the AWS SDK. Hand it over as
 * the whole environment: a profile or a session token among the caller's own settings (`outer`) would win over these, so all of
 * `AWS_*` is left out of them.
 */
export function deployEnvironment(
  region: Pick<Region, 'endpoint'>,
  outer: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const kept = Object.entries(outer).filter((entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('AWS_'));
  return {
    ...Object.fromEntries(kept),
    AWS_ENDPOINT_URL: region.endpoint,
    AWS_ENDPOINT_URL_S3: region.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: '000000000000',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    CDK_DEFAULT_ACCOUNT: '000000000000',
    CDK_DEFAULT_REGION: 'us-east-1',
  };
}
