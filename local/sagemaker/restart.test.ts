import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendSignal } from '../processes.ts';
import { describeJob, endOf, jobRequest, namesInArchive, reaches, submit, type TestRegion, testRegion, until } from './test-support.ts';

let region: TestRegion;
beforeAll(async () => {
  region = await testRegion();
}, 300_000);
afterAll(() => region.close(), 30_000);

const counting = (seconds: number) => `
import os, time
for number in range(${seconds * 10}):
    print(f"validation:auc={number}", flush=True); time.sleep(0.1)
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.onnx"), "w")
`;

describe('an executor that was killed', () => {
  it('finds its job running, and loses no line of it', { timeout: 60_000 }, async () => {
    const first = await region.startExecutor();
    await submit(first, await jobRequest(region, 'survivor', { 'train.py': counting(3) }));
    await reaches(first, 'survivor', 'Training');
    await first.kill('SIGKILL');
    const second = await region.startExecutor();
    expect((await describeJob(second, 'survivor')).SecondaryStatus).toBe('Training');
    const job = await endOf(second, 'survivor');
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(job.FinalMetricDataList).toMatchObject([{ Value: 29 }]);
    const points = JSON.parse(await readFile(join(region.folder, 'data', 'jobs', 'survivor', 'metrics.json'), 'utf8')) as unknown[];
    expect(points).toHaveLength(30);
    expect(await namesInArchive(region, job.ModelArtifacts?.S3ModelArtifacts)).toEqual(['model.onnx']);
    await second.kill('SIGTERM');
  });

  it('finds the job that ended meanwhile', { timeout: 60_000 }, async () => {
    const first = await region.startExecutor();
    await submit(first, await jobRequest(region, 'meanwhile', { 'train.py': counting(2) }));
    await reaches(first, 'meanwhile', 'Training');
    await first.kill('SIGKILL');
    await until(async () => (await processesOf('meanwhile')).length === 0, 20);
    const second = await region.startExecutor();
    expect((await endOf(second, 'meanwhile')).TrainingJobStatus).toBe('Completed');
    await second.kill('SIGTERM');
  });

  it('runs what was waiting, in its order', { timeout: 60_000 }, async () => {
    const first = await region.startExecutor({ CONCURRENCY: '1' });
    for (const name of ['queued-1', 'queued-2']) await submit(first, await jobRequest(region, name, { 'train.py': counting(1) }));
    expect((await describeJob(first, 'queued-2')).SecondaryStatus).toBe('Pending');
    await first.kill('SIGKILL');
    const second = await region.startExecutor({ CONCURRENCY: '1' });
    const one = await endOf(second, 'queued-1');
    const two = await endOf(second, 'queued-2');
    expect([one.TrainingJobStatus, two.TrainingJobStatus]).toEqual(['Completed', 'Completed']);
    expect((two.TrainingStartTime as Date) >= (one.TrainingEndTime as Date)).toBe(true);
    await second.kill('SIGTERM');
  });

  it('leaves no job behind for good: without an executor the job ends itself', { timeout: 60_000 }, async () => {
    const first = await region.startExecutor({ LEASE_SECONDS: '1' });
    await submit(first, await jobRequest(region, 'orphan', { 'train.py': counting(100) }));
    await reaches(first, 'orphan', 'Training');
    await until(async () => (await processesOf('orphan')).length > 2, 10);
    await first.kill('SIGKILL');
    await until(async () => (await processesOf('orphan')).length === 0, 20);
    const second = await region.startExecutor();
    const job = await endOf(second, 'orphan');
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^InternalServerError: the executor was away/);
    await second.kill('SIGTERM');
  });
});

describe('an executor that is shut down', () => {
  it('takes its running job with it and says so', { timeout: 60_000 }, async () => {
    const first = await region.startExecutor();
    await submit(first, await jobRequest(region, 'shut', { 'train.py': counting(100) }));
    await reaches(first, 'shut', 'Training');
    await until(async () => (await processesOf('shut')).length > 2, 10);
    await first.kill('SIGTERM');
    expect(await processesOf('shut')).toEqual([]);
    const second = await region.startExecutor();
    const job = await describeJob(second, 'shut');
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^InternalServerError: the executor was shut down/);
    await second.kill('SIGTERM');
  });
});

describe('a job whose processes are killed from outside', () => {
  it('fails with the reason, and one that waits can be stopped at once', { timeout: 60_000 }, async () => {
    const executor = await region.startExecutor({ CONCURRENCY: '1' });
    for (const name of ['struck', 'unlucky']) await submit(executor, await jobRequest(region, name, { 'train.py': counting(100) }));
    await executor.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'unlucky' }));
    expect((await describeJob(executor, 'unlucky')).TrainingJobStatus).toBe('Stopped');
    await until(async () => (await processesOf('struck')).length > 2, 20);
    // Those that were started by one of them may be gone with it.
    for (const pid of await processesOf('struck')) sendSignal(pid, 'SIGKILL');
    const job = await endOf(executor, 'struck');
    expect(job.FailureReason).toMatch(/^InternalServerError: the job was killed from outside/);
    const again = executor.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'struck' }));
    await expect(again).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining('status Failed') });
    await executor.kill('SIGTERM');
  });
});

/** Every process whose command line names the job's folder, or whose environment is the job's. */
async function processesOf(job: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const isOfJob = async (pid: number) => {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return environ.includes(`${region.folder}/`) && environ.split('\0').includes(`TRAINING_JOB_NAME=${job}`);
  };
  const found = await Promise.all(pids.map(isOfJob));
  return pids.filter((_, index) => found[index]);
}
