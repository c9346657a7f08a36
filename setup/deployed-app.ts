import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { deployEnvironment } from '../local/deploy-environment.ts';
import type { Region } from '../local/region-record.ts';
import { packTrainingSource } from './training-source.ts';

const OUTPUTS = [
  'ApiUrl',
  'UserPoolId',
  'UserClientId',
  'ServiceClientId',
  'DataBucketName',
  'AdministerFunctionName',
  'TrainingMachineArn',
  'EventBusName',
  'AlertTopicArn',
] as const;

/** What the stacks say of themselves once they stand. */
export type Outputs = Readonly<Record<(typeof OUTPUTS)[number], string>>;

/** The app as it stands in a laptop region, and how the AWS SDK reaches that region. */
export interface DeployedApp {
  readonly baseUrl: string;
  readonly outputs: Outputs;
  readonly aws: AwsAccess;
}

export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** How the AWS SDK reaches a region, whatever is deployed there. */
export function awsOf(region: Region): AwsAccess {
  const { AWS_REGION = '', AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = deployEnvironment(region);
  return { endpoint: region.endpoint, region: AWS_REGION, credentials: { accessKeyId, secretAccessKey } };
}

export type Say = (line: string) => void;

/** Runs the CDK's own command line against the region, in a folder: a clone of the app, or one without an app. */
export function cdkIn(folder: string, region: Region, say: Say): (...args: readonly string[]) => Promise<void> {
  // The whole environment: what is left of the user's own profiles would send the deployment to a real account.
  const environment = deployEnvironment(region, process.env);
  return async (...args) => {
    const child = execa('cdk', args, {
      cwd: folder,
      env: { ...environment, CI: 'true' },
      extendEnv: false,
      all: true,
      buffer: false,
      reject: false,
      stdin: 'ignore',
    });
    const tail: string[] = [];
    for await (const line of child.iterable({ from: 'all' })) {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      if (line.trim() !== '') say(line.trim());
    }
    const done = await child;
    if (done.exitCode !== 0) throw new Error(`cdk ${args[0]} failed with exit code ${done.exitCode}:\n${tail.join('\n')}`);
  };
}

export interface DeployAppOptions {
  /** Another clone of the app, to be deployed with the Python environments of this one. @default the root */
  readonly clone?: string;
  /** Where the outputs are kept: a region of a test's own leaves the clone's own alone. @default the clone's own */
  readonly outputs?: string;
}

/** Builds what the stacks carry and deploys them. Deploying what already stands changes nothing. */
export async function deployApp(
  root: string,
  region: Region,
  say: Say,
  { clone = root, outputs = outputsFile(clone) }: DeployAppOptions = {},
): Promise<DeployedApp> {
  await packTrainingSource(root, say, clone);
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: name } = deployEnvironment(region);
  // Beside the app, since within it the command line would synthesize all of it to learn this address.
  await cdkIn(join(root, '.sluice'), region, say)('bootstrap', `aws://${account}/${name}`);
  await cdkIn(clone, region, say)(
    'deploy',
    '--all',
    '--require-approval',
    'never',
    '--concurrency',
    '2',
    '--context',
    'stage=local',
    '--outputs-file',
    outputs,
  );
  return appFrom(outputs, region);
}

/** The app as the last deployment left it in the region. */
export const deployedApp = (root: string, region: Region): Promise<DeployedApp> => appFrom(outputsFile(root), region);

async function appFrom(file: string, region: Region): Promise<DeployedApp> {
  const outputs = flatten(JSON.parse(await readFile(file, 'utf8')));
  return { baseUrl: region.edgeUrl, outputs, aws: awsOf(region) };
}

const outputsFile = (root: string) => join(root, '.sluice', 'outputs.json');

const TAIL_LINES = 60;

function flatten(byStack: Readonly<Record<string, Readonly<Record<string, string>>>>): Outputs {
  const all = Object.assign({}, ...Object.values(byStack));
  const missing = OUTPUTS.filter((name) => !(name in all));
  if (missing.length > 0) throw new Error(`the stacks have no output ${missing.join(', ')}`);
  return all;
}
