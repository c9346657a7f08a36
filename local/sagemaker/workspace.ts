import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateTrainingJob } from './create-training-job.ts';

/** SageMaker's `/opt/ml`, under a folder of the job. */
export interface Workspace {
  readonly base: string;
  readonly config: string;
  readonly data: string;
  readonly model: string;
  readonly output: string;
  readonly outputData: string;
  readonly home: string;
  readonly temporary: string;
  readonly environment: string;
  readonly log: string;
  readonly exit: string;
}

// The toolkit waits a quarter of an hour for a host name to resolve, and `algo-1` never does on a laptop.
const HOST = 'localhost';
const CONTAINER_BASE = '/opt/ml/';

export function workspaceOf(folder: string): Workspace {
  const base = join(folder, 'ml');
  return {
    base,
    config: join(base, 'input', 'config'),
    data: join(base, 'input', 'data'),
    model: join(base, 'model'),
    output: join(base, 'output'),
    outputData: join(base, 'output', 'data'),
    home: join(folder, 'home'),
    temporary: join(folder, 'tmp'),
    environment: join(folder, 'environment'),
    log: join(folder, 'log'),
    exit: join(folder, 'exit.json'),
  };
}

/** An empty workspace with the configuration files that the toolkit reads; what a broken-off attempt left is gone. */
export async function prepareWorkspace(space: Workspace, request: CreateTrainingJob): Promise<void> {
  await clearWorkspace(space);
  await Promise.all([rm(space.log, { force: true }), rm(space.exit, { force: true })]);
  const folders = [space.config, space.data, space.model, space.outputData, space.home, space.temporary];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
  await Promise.all((request.InputDataConfig ?? []).map(({ ChannelName }) => mkdir(join(space.data, ChannelName), { recursive: true })));
  const write = (name: string, content: unknown) => writeFile(join(space.config, name), JSON.stringify(content));
  await write('hyperparameters.json', localPaths(request.HyperParameters, space.base));
  await write(
    'inputdataconfig.json',
    Object.fromEntries((request.InputDataConfig ?? []).map((channel) => [channel.ChannelName, describe(channel)])),
  );
  await write('resourceconfig.json', {
    current_host: HOST,
    current_instance_type: request.ResourceConfig.InstanceType,
    current_group_name: 'homogeneousCluster',
    current_instance_group: 'homogeneousCluster',
    hosts: [HOST],
    instance_groups: [{ instance_group_name: 'homogeneousCluster', instance_type: request.ResourceConfig.InstanceType, hosts: [HOST] }],
    network_interface_name: 'lo',
  });
}

/** Everything but the record and the log goes: data, model, environment. */
export async function clearWorkspace(space: Workspace): Promise<void> {
  await Promise.all([space.base, space.home, space.temporary, space.environment].map((path) => rm(path, { recursive: true, force: true })));
}

/** Bytes that the job holds on its volume: those that are written, so that a file's holes do not count. */
export async function workspaceBytes(space: Workspace): Promise<number> {
  const sizes = await Promise.all([space.base, space.temporary, space.home].map(bytesUnder));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function describe(channel: NonNullable<CreateTrainingJob['InputDataConfig']>[number]) {
  return {
    TrainingInputMode: 'File',
    S3DistributionType: 'FullyReplicated',
    RecordWrapperType: 'None',
    ...(channel.ContentType !== undefined && { ContentType: channel.ContentType }),
  };
}

/** The source tarball's place in the container is the one path that a caller must name beforehand. */
function localPaths(parameters: Readonly<Record<string, string>>, base: string): Record<string, string> {
  const source = submitDirectory(parameters);
  if (!source?.startsWith(CONTAINER_BASE)) return { ...parameters };
  return { ...parameters, sagemaker_submit_directory: join(base, source.slice(CONTAINER_BASE.length)) };
}

/** `sagemaker_submit_directory`, which AWS's SDK writes as JSON and people write as it is. */
export function submitDirectory(parameters: Readonly<Record<string, string>>): string | undefined {
  const value = parameters['sagemaker_submit_directory'];
  try {
    return value === undefined ? undefined : String(JSON.parse(value));
  } catch {
    return value;
  }
}
