import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startExecutor } from './executor.ts';
import { jobsAtOnce } from './job-queue.ts';

const { env } = process;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function required(name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`The SageMaker executor needs ${name} in its environment.`);
  return value;
}

function optionalNumber(name: string): number | undefined {
  return env[name] === undefined ? undefined : Number(env[name]);
}

const stopGraceSeconds = optionalNumber('STOP_GRACE_SECONDS');
const leaseSeconds = optionalNumber('LEASE_SECONDS');
const executor = await startExecutor({
  port: Number(env['PORT'] ?? 0),
  awsEndpoint: required('AWS_ENDPOINT_URL'),
  dataFolder: required('DATA_DIR'),
  region: env['AWS_REGION'] ?? 'us-east-1',
  account: env['AWS_ACCOUNT_ID'] ?? '000000000000',
  accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '000000000000',
  secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? 'local',
  root: join(import.meta.dirname, '..', '..'),
  concurrency: optionalNumber('CONCURRENCY') ?? jobsAtOnce(availableParallelism()),
  ...(stopGraceSeconds !== undefined && { stopGraceSeconds }),
  ...(leaseSeconds !== undefined && { leaseSeconds }),
  say,
});

let isClosing = false;
async function close(): Promise<void> {
  if (isClosing) return;
  isClosing = true;
  await executor.close();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void close());

process.stdout.write(`listening ${executor.port}\n`);
