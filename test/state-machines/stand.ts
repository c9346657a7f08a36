import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { startEngine } from '../../local/engine-process.ts';
import { awsEngine, removeUnpacked } from '../../local/engines/aws.ts';
import { freePort } from '../../local/free-port.ts';
import { poll } from '../../local/poll.ts';
import { pythonEnvironment } from '../../local/python-environment.ts';
import { childEnvironment, dataFolder, ROOT } from '../support/stores-folder.ts';
import { zipOf } from './zip.ts';

/**
 * What the steps answer in one execution, by step: `inTurn` one answer for each call, the last one for those that follow; `throws` is the
 * name of the error instead, for the first `times` calls.
 */
export type Script = Readonly<
  Record<string, { readonly answers?: object; readonly inTurn?: readonly object[]; readonly throws?: string; readonly times?: number }>
>;

/** What those who hold the task tokens answer, by step, one for each token; a token beyond them is left to its time limit. */
export type Answers = Readonly<Record<string, readonly object[]>>;

export interface Ended {
  readonly status: string | undefined;
  readonly error: string | undefined;
  /** Every call of a step, in order, as the machine made it. */
  readonly calls: readonly Readonly<Record<string, unknown>>[];
}

export interface Stand {
  /** @param more of the input, beside the tenant and the id */
  run(script: Script, answers?: Answers, more?: object): Promise<Ended>;
  stop(): Promise<void>;
}

/** All functions of the machine: says what the script of the execution says, and keeps a diary of its calls. */
const ACTOR = `
const fs = require('node:fs');
exports.handler = async (event) => {
  const diary = process.env.DIARY + '/' + event[process.env.ABOUT] + '.jsonl';
  const script = JSON.parse(fs.readFileSync(process.env.DIARY + '/' + event[process.env.ABOUT] + '.script', 'utf8'));
  fs.appendFileSync(diary, JSON.stringify(event) + '\\n');
  const calls = fs.readFileSync(diary, 'utf8').trim().split('\\n').map((line) => JSON.parse(line)).filter(({ step }) => step === event.step).length;
  const { answers = {}, inTurn = [], throws, times = Infinity } = script[event.step] ?? {};
  if (throws && calls <= times) throw Object.assign(new Error('as the script says'), { name: throws });
  return { step: event.step, ...answers, ...inTurn[Math.min(calls, inTurn.length) - 1] };
};`;

/**
 * The machine as it is deployed, in the laptop region's engine, with actors for the functions and for SageMaker.
 * @param about the field of the input, beside the tenant, that every step is told
 */
export async function stand(definition: string, about = 'execution'): Promise<Stand> {
  const requirements = join(ROOT, 'local', 'engine', 'requirements.txt');
  const { python } = await pythonEnvironment({ name: 'region', requirements, root: ROOT, say: () => undefined });
  const folder = await dataFolder('machine');
  const jobs = await trainingJobs();
  const port = await freePort();
  const engine = await awsEngine({ folder, port, python, root: ROOT, sagemakerUrl: jobs.url, enforceIam: false, env: childEnvironment() });
  const running = await startEngine(engine, { python, logs: folder });
  const client = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'test' },
  };
  const steps = new SFNClient(client);
  const { FunctionArn = '' } = await new LambdaClient(client).send(
    new CreateFunctionCommand({
      FunctionName: 'actor',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/actor',
      Code: { ZipFile: zipOf('index.js', ACTOR) },
      Environment: { Variables: { DIARY: folder, ABOUT: about } },
    }),
  );
  const { stateMachineArn } = await steps.send(
    new CreateStateMachineCommand({
      name: 'machine',
      definition: definition.replaceAll(/\$\{\w+\}/g, FunctionArn),
      roleArn: 'arn:aws:iam::000000000000:role/machine',
    }),
  );
  return {
    async run(script, answers = {}, more = {}) {
      const execution = crypto.randomUUID();
      appendFileSync(join(folder, `${execution}.script`), JSON.stringify(script));
      const input = JSON.stringify({ tenant: 'a-tenant', [about]: execution, ...more });
      const { executionArn } = await steps.send(new StartExecutionCommand({ stateMachineArn, name: execution, input }));
      const calls = () => diaryOf(join(folder, `${execution}.jsonl`));
      const answered = new Set<unknown>();
      const answerNew = async () => {
        for (const [step, outputs] of Object.entries(answers)) {
          const tokens = calls().filter((call) => call['step'] === step);
          for (const [at, { token }] of tokens.entries()) {
            const output = outputs[at];
            if (!output || answered.has(token)) continue;
            answered.add(token);
            await steps.send(new SendTaskSuccessCommand({ taskToken: String(token), output: JSON.stringify(output) }));
          }
        }
      };
      const ended = await poll<DescribeExecutionCommandOutput>(async () => {
        await answerNew();
        const seen = await steps.send(new DescribeExecutionCommand({ executionArn }));
        return seen.status === 'RUNNING' ? undefined : seen;
      }, 60);
      return { status: ended?.status, error: ended?.error, calls: calls() };
    },
    async stop() {
      await running.stop();
      jobs.server.close();
      await removeUnpacked(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function diaryOf(file: string): Record<string, unknown>[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** SageMaker for one job at a time: a job ends as its name says. */
async function trainingJobs(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { TrainingJobName: name } = JSON.parse(Buffer.concat(parts).toString('utf8'));
      const arn = `arn:aws:sagemaker:us-east-1:000000000000:training-job/${name}`;
      const failed = String(name).includes('Failed');
      const described = {
        TrainingJobName: name,
        TrainingJobArn: arn,
        TrainingJobStatus: failed ? 'Failed' : 'Completed',
        ...(failed ? { FailureReason: 'AlgorithmError: the script raised' } : {}),
        ModelArtifacts: { S3ModelArtifacts: 's3://bucket/model.tar.gz' },
        FinalMetricDataList: [{ MetricName: 'validation:auc', Value: 0.7 }],
      };
      response.end(JSON.stringify(request.headers['x-amz-target'] === 'SageMaker.CreateTrainingJob' ? { TrainingJobArn: arn } : described));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}
