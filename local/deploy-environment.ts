import type { Region } from './region-record.ts';

/** What the CDK's command line and the AWS SDK need to reach the region instead of AWS. */
export function deployEnvironment(region: Pick<Region, 'endpoint'>): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: region.endpoint,
    // Buckets by path: `bucket.127.0.0.1` is no host name.
    AWS_ENDPOINT_URL_S3: region.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: '000000000000',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: '000000000000',
    CDK_DEFAULT_REGION: 'us-east-1',
    // The user's own profiles and settings must not send the deployment to a real account.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_PROFILE: '',
    AWS_SESSION_TOKEN: '',
  };
}
