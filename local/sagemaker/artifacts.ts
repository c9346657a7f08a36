import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { create } from 'tar';
import type { CreateTrainingJob } from './create-training-job.ts';
import { parseS3Uri, uploadFile } from './s3-objects.ts';
import type { Workspace } from './workspace.ts';

/** Uploads `model.tar.gz`, empty or not, and gives its URI. */
export async function uploadModel(s3: S3Client, request: CreateTrainingJob, space: Workspace): Promise<string> {
  return upload(s3, request, space, space.model, 'model.tar.gz');
}

/** Uploads `output.tar.gz` when the job left something in its output folder. */
export async function uploadOutput(s3: S3Client, request: CreateTrainingJob, space: Workspace): Promise<void> {
  const names = await readdir(space.outputData).catch(() => []);
  if (names.length > 0) await upload(s3, request, space, space.outputData, 'output.tar.gz');
}

async function upload(s3: S3Client, request: CreateTrainingJob, space: Workspace, folder: string, name: string): Promise<string> {
  const file = join(space.temporary, name);
  const names = await readdir(folder);
  const entries = names.sort().map((entry) => (entry.startsWith('@') ? `./${entry}` : entry)); // @ would mean: include that archive
  await create({ gzip: true, cwd: folder, file, portable: true }, entries.length > 0 ? entries : ['.']);
  const location = outputLocation(request, name);
  await uploadFile(s3, file, location, request.OutputDataConfig.KmsKeyId);
  return `s3://${location.bucket}/${location.key}`;
}

function outputLocation(request: CreateTrainingJob, name: string) {
  const { bucket, key } = parseS3Uri(request.OutputDataConfig.S3OutputPath);
  const prefix = key.replace(/\/+$/, '');
  return { bucket, key: [...(prefix ? [prefix] : []), request.TrainingJobName, 'output', name].join('/') };
}
