import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNetworkIsolation } from './isolation.ts';
import {
  BUCKET,
  describeJob,
  endOf,
  IMAGE,
  jobRequest,
  namesInArchive,
  reaches,
  submit,
  type TestExecutor,
  type TestRegion,
  testRegion,
} from './test-support.ts';

let region: TestRegion;
let executor: TestExecutor;
beforeAll(async () => {
  region = await testRegion();
  executor = await region.startExecutor({ STOP_GRACE_SECONDS: '2' });
}, 300_000);
afterAll(() => region.close(), 30_000);

const SAVES_MODEL = `
import argparse, json, os
parser = argparse.ArgumentParser(); parser.add_argument("--depth", type=int); arguments = parser.parse_args()
rows = open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "part-0.csv")).read().count("\\n")
print("validation:auc=0.5", flush=True); print("validation:auc=0.75")
print("rows", rows, "depth", arguments.depth)
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.onnx"), "w").write(json.dumps([rows, arguments.depth]))
open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "report.txt"), "w").write("fine")
`;

// SIGTERM makes it save and go; the toolkit, which got it too, is gone by then.
const SAVES_ON_TERM = `
import os, signal, time
def save(*_):
    time.sleep(0.5); open(os.path.join(os.environ["SM_MODEL_DIR"], "checkpoint"), "w").write("saved"); os._exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True); time.sleep(100)
`;

async function run(
  name: string,
  script: string,
  overrides: Parameters<typeof jobRequest>[3] = {},
  more: Readonly<Record<string, string | Buffer>> = {},
) {
  await submit(executor, await jobRequest(region, name, { 'train.py': script, ...more }, overrides));
  return endOf(executor, name);
}

async function logOf(name: string): Promise<string> {
  return readFile(join(region.folder, 'data', 'jobs', name, 'log'), 'utf8');
}

describe('a job', () => {
  it('trains on its channels and leaves model, output, metrics, times and log', { timeout: 60_000 }, async () => {
    const request = await jobRequest(region, 'success', { 'train.py': SAVES_MODEL });
    await submit(executor, { ...request, HyperParameters: { ...request.HyperParameters, depth: '3' } });
    const job = await endOf(executor, 'success');
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed', SecondaryStatus: 'Completed' });
    expect(job.ModelArtifacts?.S3ModelArtifacts).toBe(`s3://${BUCKET}/success/out/success/output/model.tar.gz`);
    expect(await namesInArchive(region, job.ModelArtifacts?.S3ModelArtifacts)).toEqual(['model.onnx']);
    expect(await namesInArchive(region, 'success/out/success/output/output.tar.gz')).toEqual(['report.txt']);
    expect(job.FinalMetricDataList).toMatchObject([{ MetricName: 'validation:auc', Value: 0.75 }]);
    const steps = ['Pending', 'Starting', 'DownloadingTrainingImage', 'Downloading', 'Training', 'Uploading', 'Completed'];
    expect(job.SecondaryStatusTransitions?.map(({ Status }) => Status)).toEqual(steps);
    expect(job.SecondaryStatusTransitions?.every(({ StartTime, EndTime }) => EndTime && StartTime && EndTime >= StartTime)).toBe(true);
    expect(job.BillableTimeInSeconds).toBeGreaterThanOrEqual(1);
    const stream = `success/algo-1-${Math.floor((job.CreationTime as Date).getTime() / 1000)}`;
    const sent = await region.logs.send(new GetLogEventsCommand({ logGroupName: '/aws/sagemaker/TrainingJobs', logStreamName: stream }));
    expect(sent.events?.map(({ message }) => message)).toEqual(expect.arrayContaining(['validation:auc=0.75', 'rows 2 depth 3']));
    // The job is over first: a crash on the way leaves its files, and no job without an end.
    await expect.poll(() => readdir(join(region.folder, 'data', 'jobs', 'success')), { timeout: 10_000 }).not.toContain('ml');
  });

  it('that raises fails with the error as its reason, in SageMaker’s length', { timeout: 60_000 }, async () => {
    const job = await run('raises', 'raise ValueError("the column late is missing " + "x" * 2000)');
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(
      /^AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: the column late is missing x+/,
    );
    expect(job.FailureReason).toMatch(/, exit code: 1$/);
    expect(job.FailureReason).toHaveLength(1024);
    expect(job.ModelArtifacts).toBeUndefined();
  });

  it('that writes no model completes with an empty archive', { timeout: 60_000 }, async () => {
    const job = await run('no-model', 'print("nothing to save")');
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(await namesInArchive(region, job.ModelArtifacts?.S3ModelArtifacts)).toEqual(['./']);
  });

  it('past its time is stopped, and what it saves at SIGTERM is kept', { timeout: 60_000 }, async () => {
    const job = await run('too-long', SAVES_ON_TERM, { StoppingCondition: { MaxRuntimeInSeconds: 3 } });
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
    expect(await namesInArchive(region, job.ModelArtifacts?.S3ModelArtifacts)).toEqual(['checkpoint']);
  });

  it('that ignores SIGTERM is killed after the grace, and whatever it started with it', { timeout: 60_000 }, async () => {
    const deaf = `
import os, signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "4711"], start_new_session=True)
print("deaf", flush=True); time.sleep(100)
`;
    await submit(executor, await jobRequest(region, 'deaf', { 'train.py': deaf }));
    await reaches(executor, 'deaf', 'Training');
    await expect.poll(() => logOf('deaf'), { timeout: 10_000 }).toMatch(/^deaf$/m);
    await executor.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'deaf' }));
    expect((await describeJob(executor, 'deaf')).TrainingJobStatus).toBe('Stopping');
    expect(await endOf(executor, 'deaf')).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(await commandLines()).not.toContain('sleep 4711');
  });

  it.each([
    [
      'many files',
      'for n in range(9): os.posix_fallocate(os.open(f"{folder}/{n}", os.O_CREAT | os.O_RDWR), 0, 300 << 20)\ntime.sleep(100)',
    ],
    ['one file', 'file = open(f"{folder}/big", "wb")\nwhile True: file.write(bytes(64 << 20))'],
  ])('that fills its volume with %s is ended and says so, and the disk has its space again', { timeout: 60_000 }, async (name, script) => {
    const job = await run(`full-of-${name.replace(' ', '-')}`, `import os, time\nfolder = os.environ["SM_MODEL_DIR"]\n${script}`);
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^ClientError: Insufficient disk space: the job wrote more than its volume of 1 GB/);
    const megabytes = async () => Number((await promisify(execFile)('du', ['-sm', region.folder])).stdout.split('\t')[0]);
    await expect.poll(megabytes, { timeout: 10_000 }).toBeLessThan(300);
  });

  it('may have files with holes that are larger than its volume together', { timeout: 60_000 }, async () => {
    const script = `
import os, time
files = [os.environ["SM_MODEL_DIR"] + f"/{n}" for n in range(3)]
for file in files: os.truncate(os.open(file, os.O_CREAT | os.O_RDWR), 900 << 20)
time.sleep(3)
for file in files: os.remove(file)
`;
    expect(await run('holes', script)).not.toMatchObject({ FailureReason: expect.stringContaining('disk space') });
  });

  it('brings packages of its own, without a network and without touching the image', { timeout: 60_000 }, async () => {
    const script = 'import os, greeting; print("at", greeting.__file__); open(os.path.join(os.environ["SM_MODEL_DIR"], "model.onnx"), "w")';
    const job = await run(
      'packages',
      script,
      {},
      {
        'requirements.txt': '--no-index\n--find-links .\ngreeting==1.0\n',
        'greeting-1.0-py3-none-any.whl': await greetingWheel(),
      },
    );
    expect(job.FailureReason).toBeUndefined();
    expect(await logOf('packages')).toMatch(/^at .*\/jobs\/packages\/environment\/lib\/.*greeting.py$/m);
    const without = await run('packages-gone', 'import greeting');
    expect(without.FailureReason).toMatch(/ModuleNotFoundError: No module named 'greeting'/);
  });

  it('finds in the image no converter that AWS’s image lacks', { timeout: 60_000 }, async () => {
    const onnx = await run('no-onnx', 'import skl2onnx');
    expect(onnx.FailureReason).toMatch(/ModuleNotFoundError: No module named 'skl2onnx'/);
  });
});

describe('a request', () => {
  it('for an image without an environment is refused with those there are', async () => {
    const specification = { TrainingImage: 'somebody/pytorch:2', TrainingInputMode: 'File' } as const;
    const request = await jobRequest(region, 'unknown-image', { 'train.py': '' }, { AlgorithmSpecification: specification });
    await expect(submit(executor, request)).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(IMAGE) });
  });

  it('for a channel without objects is refused, and its name stays free', async () => {
    const request = await jobRequest(region, 'no-data', { 'train.py': 'print(1)' });
    const S3DataSource = { S3DataType: 'S3Prefix', S3Uri: `s3://${BUCKET}/nowhere` } as const;
    const empty = { ...request, InputDataConfig: [{ ChannelName: 'train', DataSource: { S3DataSource } }] };
    await expect(submit(executor, empty)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/^No S3 objects found/),
    });
    await submit(executor, request);
    expect((await endOf(executor, 'no-data')).TrainingJobStatus).toBe('Completed');
  });

  it('wins its name once when eight ask at the same time', async () => {
    const request = await jobRequest(region, 'contested', { 'train.py': 'print(1)' });
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => submit(executor, request)));
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as Error).name)).toEqual(Array.from({ length: 7 }, () => 'ResourceInUse'));
    expect((await endOf(executor, 'contested')).TrainingJobStatus).toBe('Completed');
  });
});

describe('the network of a job', () => {
  const calls = (host: string, port: string) => `
import socket
listener = socket.create_server(("127.0.0.1", 0)); socket.create_connection(listener.getsockname()); print("loopback is up")
socket.create_connection(("${host}", ${port}), timeout=3); print("reached the machine")
`;
  const script = () => calls('127.0.0.1', new URL(region.endpoint).port);

  it('is cut off when isolated', { timeout: 60_000 }, async () => {
    if (!(await findNetworkIsolation())) return expect((await run('isolated', 'print(1)')).TrainingJobStatus).toBe('Completed');
    const job = await run('isolated', script());
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toContain('ConnectionRefusedError');
    expect(await logOf('isolated')).toMatch(/^loopback is up$/m);
  });

  it('is there when not isolated, also for the source in S3', { timeout: 60_000 }, async () => {
    const submitted = { sagemaker_program: 'train.py', sagemaker_submit_directory: `"s3://${BUCKET}/open/code/sourcedir.tar.gz"` };
    const job = await run('open', script(), { EnableNetworkIsolation: false, HyperParameters: submitted });
    expect(job.FailureReason).toBeUndefined();
    expect(job.TrainingJobStatus).toBe('Completed');
  });

  it('cannot bring an isolated job its source, which says so', { timeout: 60_000 }, async () => {
    const submitted = { sagemaker_program: 'train.py', sagemaker_submit_directory: `s3://${BUCKET}/cut/code/sourcedir.tar.gz` };
    const job = await run('cut', SAVES_MODEL, { HyperParameters: submitted });
    expect(job.FailureReason).toMatch(/^ClientError: .*channel named code/);
  });
});

async function greetingWheel(): Promise<Buffer> {
  const script = `
import sys, zipfile
with zipfile.ZipFile(sys.stdout.buffer, "w") as wheel:
    wheel.writestr("greeting.py", "")
    wheel.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n")
    wheel.writestr("greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("greeting-1.0.dist-info/RECORD", "")
`;
  const { stdout } = await promisify(execFile)(region.python, ['-c', script], { encoding: 'buffer' });
  return stdout;
}

async function commandLines(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/cmdline`, 'utf8').then(
        (text) => text.split('\0').join(' ').trim(),
        () => '',
      ),
    ),
  );
}
