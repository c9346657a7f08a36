import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobRequest,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobResponse,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { create, list } from 'tar';
import { freePort } from '../free-port.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { prepareImages } from './images.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CLIENT = { region: 'us-east-1', credentials: { accessKeyId: '000000000000', secretAccessKey: 'test' } };

export const BUCKET = 'jobs';
export const IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3';

/** S3 and CloudWatch Logs for one test file, with the executor as a process of its own that can be killed. */
export interface TestRegion {
  readonly endpoint: string;
  readonly python: string;
  readonly s3: S3Client;
  readonly logs: CloudWatchLogsClient;
  readonly folder: string;
  startExecutor(env?: Readonly<Record<string, string>>): Promise<TestExecutor>;
  close(): Promise<void>;
}

export interface TestExecutor {
  readonly url: string;
  readonly sagemaker: SageMakerClient;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export async function testRegion(): Promise<TestRegion> {
  const folder = await mkdtemp(join(tmpdir(), 'sagemaker-test-'));
  const requirements = join(ROOT, 'local', 'engine', 'requirements.txt');
  const { python, bin } = await pythonEnvironment({ name: 'region', requirements, root: ROOT, say: () => undefined });
  // Here and not in the first job: a test has a minute, and this may take longer.
  await prepareImages({ root: ROOT, say: () => undefined });
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const engine = spawn(join(bin, 'ministack'), [], {
    env: {
      PATH: process.env['PATH'],
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      TMPDIR: folder,
      HOME: folder,
    },
    stdio: 'ignore',
  });
  const children: ChildProcess[] = [engine];
  const s3 = new S3Client({ ...CLIENT, endpoint, forcePathStyle: true });
  await until(async () => (await fetch(endpoint).catch(() => undefined)) !== undefined, 30);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    endpoint,
    python,
    s3,
    logs: new CloudWatchLogsClient({ ...CLIENT, endpoint }),
    folder,
    async startExecutor(env = {}) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
        env: { PATH: process.env['PATH'], AWS_ENDPOINT_URL: endpoint, DATA_DIR: join(folder, 'data'), CONCURRENCY: '2', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const url = `http://127.0.0.1:${line.replace('listening ', '')}`;
      return { url, sagemaker: new SageMakerClient({ ...CLIENT, endpoint: url }), kill: (signal) => ended(child, signal) };
    },
    async close() {
      for (const child of children.reverse()) await ended(child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** A job request for `train.py` and any further files, whose tarball it uploads. */
export async function jobRequest(
  { s3, folder }: TestRegion,
  name: string,
  files: Readonly<Record<string, string | Buffer>>,
  overrides: Partial<CreateTrainingJobRequest> = {},
): Promise<CreateTrainingJobRequest> {
  const source = await mkdtemp(join(folder, 'source-'));
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(source, file), text)));
  const archive = create({ cwd: source, gzip: true, sync: true }, Object.keys(files)).read();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${name}/code/sourcedir.tar.gz`, Body: archive as Buffer }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${name}/train/part-0.csv`, Body: '1,2\n3,4\n' }));
  return {
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::000000000000:role/training',
    AlgorithmSpecification: {
      TrainingImage: IMAGE,
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: 'validation:auc', Regex: 'validation:auc=([0-9.eE+-]+)' }],
    },
    HyperParameters: { sagemaker_program: 'train.py', sagemaker_submit_directory: '/opt/ml/input/data/code/sourcedir.tar.gz' },
    InputDataConfig: [channel('train', `${name}/train`), channel('code', `${name}/code/sourcedir.tar.gz`)],
    OutputDataConfig: { S3OutputPath: `s3://${BUCKET}/${name}/out` },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 120 },
    EnableNetworkIsolation: true,
    ...overrides,
  };
}

function channel(name: string, key: string) {
  const S3DataSource = { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/${key}`, S3DataDistributionType: 'FullyReplicated' } as const;
  return { ChannelName: name, DataSource: { S3DataSource } };
}

export async function submit({ sagemaker }: TestExecutor, request: CreateTrainingJobRequest): Promise<void> {
  await sagemaker.send(new CreateTrainingJobCommand(request));
}

export async function describeJob({ sagemaker }: TestExecutor, name: string): Promise<DescribeTrainingJobResponse> {
  return sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
}

export async function endOf(executor: TestExecutor, name: string): Promise<DescribeTrainingJobResponse> {
  let job = await describeJob(executor, name);
  await until(async () => {
    job = await describeJob(executor, name);
    return job.TrainingJobStatus !== 'InProgress' && job.TrainingJobStatus !== 'Stopping';
  }, 60);
  return job;
}

export async function reaches(executor: TestExecutor, name: string, status: string): Promise<void> {
  await until(async () => (await describeJob(executor, name)).SecondaryStatus === status, 60);
}

export async function until(isSo: () => Promise<boolean> | boolean, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not so within ${seconds} s`);
    await sleep(50);
  }
}

/** The names in an archive that a job left in S3. */
export async function namesInArchive({ s3 }: TestRegion, uri = ''): Promise<readonly string[]> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: uri.replace(`s3://${BUCKET}/`, '') }));
  const bytes = await Body?.transformToByteArray();
  const names: string[] = [];
  list({ sync: true, onReadEntry: (entry) => void names.push(entry.path) }).end(Buffer.from(bytes ?? []));
  return names;
}
