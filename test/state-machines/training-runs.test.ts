import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answers, type Script, type Stand, stand } from './stand.ts';

const job = (name: string) => ({
  TrainingJobName: name,
  AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' },
  RoleArn: 'arn:aws:iam::000000000000:role/training',
  HyperParameters: { seed: '7' },
  InputDataConfig: [{ ChannelName: 'train' }],
  OutputDataConfig: { S3OutputPath: 's3://bucket/' },
  ResourceConfig: { InstanceCount: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
  EnableNetworkIsolation: true,
  Tags: [{ Key: 'execution', Value: 'one' }],
});

const ROLLOUT = { rollout: { timeoutSeconds: 60 } };
const APPROVAL = { approval: { required: true, timeoutSeconds: 60 }, ...ROLLOUT };
const STRAIGHT: Script = {
  'plan-training': { answers: { cached: false, job: job('sluice-good') } },
  gates: { answers: { passed: true, failures: [] } },
  register: { answers: { model: 'flights', version: 1, ...APPROVAL } },
};
const ALL = ['validate', 'split', 'plan-training', 'record-training', 'evaluate', 'gates', 'register', 'request-approval', 'roll-out'];
const live = { rollout: 'r', status: 'succeeded', reason: null };
const approved: Answers = { 'request-approval': [{ decision: 'approved', by: 'bea', comment: 'fine' }], 'roll-out': [live] };

let machine: Stand;
beforeAll(async () => {
  machine = await stand(readFileSync(join(import.meta.dirname, '..', '..', 'state-machines', 'training.asl.json'), 'utf8'));
});
afterAll(() => machine?.stop());

const stepsOf = (calls: readonly Readonly<Record<string, unknown>>[]) => calls.map(({ step }) => step);

describe('the training machine in the region', () => {
  it.concurrent('takes an approved model live, step by step', async () => {
    const { status, calls } = await machine.run(STRAIGHT, approved);
    expect(status).toBe('SUCCEEDED');
    expect(stepsOf(calls)).toEqual(ALL);
    expect(new Set(calls.map(({ tenant }) => tenant))).toEqual(new Set(['a-tenant']));
    expect(calls.find(({ step }) => step === 'record-training')).toMatchObject({
      job: 'sluice-good',
      description: {
        TrainingJobStatus: 'Completed',
        ModelArtifacts: { S3ModelArtifacts: 's3://bucket/model.tar.gz' },
        FinalMetricDataList: [{ MetricName: 'validation:auc', Value: 0.7 }],
      },
    });
  });

  it.concurrent('starts no job for a model that is recorded', async () => {
    const { status, calls } = await machine.run({ ...STRAIGHT, 'plan-training': { answers: { cached: true, output: {} } } }, approved);
    expect(status).toBe('SUCCEEDED');
    expect(stepsOf(calls)).toEqual(ALL.filter((step) => step !== 'record-training'));
  });

  it.concurrent('asks nobody when the plan says so', async () => {
    const register = { answers: { approval: { required: false, timeoutSeconds: 1 }, ...ROLLOUT } };
    const { status, calls } = await machine.run({ ...STRAIGHT, register }, { 'roll-out': [live] });
    expect(status).toBe('SUCCEEDED');
    expect(stepsOf(calls)).not.toContain('request-approval');
  });

  it.concurrent('tries a store that is waking up again', async () => {
    const { status, calls } = await machine.run({ ...STRAIGHT, split: { throws: 'StoreUnavailable', times: 2 } }, approved);
    expect(status).toBe('SUCCEEDED');
    expect(stepsOf(calls).filter((step) => step === 'split')).toHaveLength(3);
  });

  it.concurrent.each<[string, Script, Answers | undefined, { at: string; error: string; cause: unknown }]>([
    [
      'data with a wrong schema',
      { ...STRAIGHT, validate: { throws: 'schema_mismatch' } },
      undefined,
      { at: 'Validate', error: 'schema_mismatch', cause: expect.stringContaining('as the script says') },
    ],
    [
      'a job that fails',
      { ...STRAIGHT, 'plan-training': { answers: { cached: false, job: job('sluice-Failed') } } },
      undefined,
      { at: 'Train', error: 'States.TaskFailed', cause: expect.stringContaining('AlgorithmError: the script raised') },
    ],
    [
      'a plan that forgets a field',
      { ...STRAIGHT, 'plan-training': { answers: { cached: false, job: { ...job('sluice-bare'), Tags: undefined } } } },
      undefined,
      { at: 'Train', error: 'States.QueryEvaluationError', cause: expect.any(String) },
    ],
    [
      'a pickle in place of a model',
      { ...STRAIGHT, 'record-training': { throws: 'model_not_onnx' } },
      undefined,
      { at: 'RecordTraining', error: 'model_not_onnx', cause: expect.any(String) },
    ],
    [
      'a gate that fails',
      { ...STRAIGHT, gates: { answers: { passed: false, failures: ['auc'] } } },
      undefined,
      { at: 'DecideGates', error: 'gate_failed', cause: '{"failures":["auc"]}' },
    ],
    [
      'a rejection',
      STRAIGHT,
      { 'request-approval': [{ decision: 'rejected', by: 'bea', comment: 'not yet' }] },
      { at: 'AwaitApproval', error: 'approval_rejected', cause: '{"by":"bea","comment":"not yet"}' },
    ],
    [
      'a deadline that somebody else saw pass',
      STRAIGHT,
      { 'request-approval': [{ decision: 'expired', by: 'system:approvals', comment: 'nobody decided in time' }] },
      { at: 'AwaitApproval', error: 'approval_expired', cause: 'Nobody decided in time.' },
    ],
    [
      'nobody’s decision',
      { ...STRAIGHT, register: { answers: { approval: { required: true, timeoutSeconds: 2 }, ...ROLLOUT } } },
      undefined,
      { at: 'AwaitApproval', error: 'approval_expired', cause: 'Nobody decided in time.' },
    ],
  ])('writes down %s before it stops', async (_, script, decision, failure) => {
    const { status, error, calls } = await machine.run(script, decision);
    expect({ status, error }).toEqual({ status: 'FAILED', error: failure.error });
    expect(calls.at(-1)).toEqual({ tenant: 'a-tenant', execution: expect.any(String), step: 'record-failure', ...failure });
    expect(stepsOf(calls)).not.toContain('roll-out');
  });

  it.concurrent.each<[string, Script, Answers, object]>([
    [
      'a rollout that was rolled back',
      STRAIGHT,
      { ...approved, 'roll-out': [{ rollout: 'r', status: 'rolled_back', reason: { code: 'errors' } }] },
      { error: 'rollout_rolled_back', cause: '{"rollout":"r","reason":{"code":"errors"}}' },
    ],
    [
      'a rollout that broke',
      STRAIGHT,
      { ...approved, 'roll-out': [{ rollout: 'r', status: 'failed', reason: { code: 'machine_failed' } }] },
      { error: 'rollout_failed', cause: '{"rollout":"r","reason":{"code":"machine_failed"}}' },
    ],
    [
      'a rollout that does not end',
      { ...STRAIGHT, register: { answers: { ...APPROVAL, rollout: { timeoutSeconds: 2 } } } },
      { 'request-approval': approved['request-approval'] ?? [] },
      { error: 'States.Timeout', cause: expect.any(String) },
    ],
    [
      'a model that is being rolled out already',
      { ...STRAIGHT, 'roll-out': { throws: 'rollout_running' } },
      { 'request-approval': approved['request-approval'] ?? [] },
      { error: 'rollout_running', cause: expect.any(String) },
    ],
  ])('writes down %s', async (_, script, answers, failure) => {
    const { status, calls } = await machine.run(script, answers);
    expect(status).toBe('FAILED');
    expect(calls.at(-1)).toMatchObject({ step: 'record-failure', at: 'RollOut', ...failure });
  });

  it.concurrent('stops with the first reason even when it cannot be written down', async () => {
    const { status, error } = await machine.run({ validate: { throws: 'quality_failed' }, 'record-failure': { throws: 'defect' } });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'quality_failed' });
  });
});
