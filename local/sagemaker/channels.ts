import { join, sep } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CreateTrainingJob } from './create-training-job.ts';
import { downloadObject, listObjects, parseS3Uri } from './s3-objects.ts';
import { ServiceError } from './service-error.ts';

type Channel = NonNullable<CreateTrainingJob['InputDataConfig']>[number];

const DOWNLOADS_AT_ONCE = 8;

/** The request is at fault, not the job's code: SageMaker's `ClientError` failures. */
export class InputFailure extends Error {
  override readonly name = 'InputFailure';
}

/** Refuses, as SageMaker does at creation, a channel under whose prefix there is nothing. */
export async function assertChannelsExist(s3: S3Client, request: CreateTrainingJob, region: string): Promise<void> {
  for (const { DataSource } of request.InputDataConfig ?? []) {
    const uri = DataSource.S3DataSource.S3Uri;
    const found = await listObjects(s3, parseS3Uri(uri), 1).catch(() => []);
    if (found.length === 0) throw new ServiceError('ValidationException', nothingFound(uri, request.RoleArn, region));
  }
}

/** Brings every channel to `<data>/<channel>/`, unless all of them together are larger than the job's volume. */
export async function downloadChannels(
  s3: S3Client,
  request: CreateTrainingJob,
  data: string,
  region: string,
  signal: AbortSignal,
): Promise<void> {
  const files = (
    await Promise.all((request.InputDataConfig ?? []).map((channel) => plan(s3, channel, data, request.RoleArn, region)))
  ).flat();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const volume = request.ResourceConfig.VolumeSizeInGB;
  if (bytes > volume * 1024 ** 3) {
    throw new InputFailure(
      `Data download failed: the channels hold ${bytes} bytes, more than the volume of ${volume} GB. Raise VolumeSizeInGB.`,
    );
  }
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file; file = queue.shift()) await downloadObject(s3, file, file.path, signal);
  };
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, worker));
}

async function plan(s3: S3Client, channel: Channel, data: string, role: string, region: string) {
  const uri = channel.DataSource.S3DataSource.S3Uri;
  const { bucket, key: prefix } = parseS3Uri(uri);
  const objects = await listObjects(s3, { bucket, key: prefix });
  if (objects.length === 0) throw new InputFailure(`Data download failed: ${nothingFound(uri, role, region)}`);
  const folder = join(data, channel.ChannelName);
  return objects.map(({ key, bytes }) => {
    const path = join(folder, relativeName(key, prefix));
    if (!path.startsWith(folder + sep)) throw new InputFailure(`Data download failed: the key ${key} leads out of its channel's folder.`);
    return { bucket, key, bytes, path };
  });
}

/** `a/train` and `a/train/` hold `a/train/x` as `x`; `a/train` holds `a/train-1.csv` as `train-1.csv`. */
export function relativeName(key: string, prefix: string): string {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  return key.startsWith(folder) ? key.slice(folder.length) : key.slice(prefix.lastIndexOf('/') + 1);
}

function nothingFound(uri: string, role: string, region: string): string {
  const { bucket } = parseS3Uri(uri);
  return `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in the selected region (${region}), that objects exist under that S3 prefix, and that the role "${role}" has "s3:ListBucket" permissions on bucket "${bucket}".`;
}
