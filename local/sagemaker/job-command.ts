import { join } from 'node:path';
import type { CreateTrainingJob } from './create-training-job.ts';
import type { ImageEnvironment } from './images.ts';
import type { NetworkIsolation } from './isolation.ts';
import type { Workspace } from './workspace.ts';

const LAUNCHER = join(import.meta.dirname, 'python', 'launch.py');
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface JobCommandProps {
  readonly request: CreateTrainingJob;
  readonly arn: string;
  readonly space: Workspace;
  readonly python: string;
  readonly lease: string;
  readonly leaseSeconds: number;
  /** No file may become larger. */
  readonly volumeBytes: number;
  readonly isolation: NetworkIsolation;
  readonly region: string;
  readonly awsEnvironment: Readonly<Record<string, string>>;
}

/** The toolkit's `train` under the launcher, in its own network where that was asked for; nothing of this process's environment. */
export function jobCommand(props: JobCommandProps): {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  const { request, arn, space, python, lease, leaseSeconds, region } = props;
  const isolation = request.EnableNetworkIsolation ? props.isolation : undefined;
  // -I: the launcher must find neither the job's modules nor its variables; -P: the toolkit not what lies in its folder.
  const launcher = [python, '-I', '-S', LAUNCHER, space.exit, lease, String(leaseSeconds)];
  return {
    command: [...(isolation ?? []), ...launcher, python, '-P', '-m', 'sagemaker_training.cli.train'],
    env: {
      // A job shares this machine with everything else: threads that wait for each other must not hold a core meanwhile.
      OMP_WAIT_POLICY: 'PASSIVE',
      ...request.Environment,
      ...props.awsEnvironment,
      ...(isolation && { JOB_IN_OWN_NETWORK: '1' }),
      JOB_VOLUME_BYTES: String(props.volumeBytes),
      PATH: `${join(space.environment, 'bin')}:${SYSTEM_PATH}`,
      HOME: space.home,
      TMPDIR: space.temporary,
      LANG: 'C.UTF-8',
      PYTHONUNBUFFERED: '1',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_CACHE_DIR: '1',
      PIP_NO_COMPILE: '1', // what is imported compiles itself; the rest need not
      SAGEMAKER_BASE_DIR: space.base,
      SAGEMAKER_TRAINING_MODULE: 'script_mode:main',
      TRAINING_JOB_NAME: request.TrainingJobName,
      TRAINING_JOB_ARN: arn,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    },
  };
}

/** What the reader of the log must know about the difference between this machine and SageMaker's. */
export function openingLines(request: CreateTrainingJob, image: ImageEnvironment, isolation: NetworkIsolation): readonly string[] {
  const { manifest, version } = image;
  const lines = [`${request.AlgorithmSpecification.TrainingImage}: ${manifest.carries} on Python ${version}`];
  if (!version.startsWith(`${manifest.python}.`)) {
    lines.push(`NOTE: the image of that name in AWS has Python ${manifest.python}; wheels and behaviour may differ.`);
  }
  if (request.EnableNetworkIsolation && !isolation)
    lines.push('NOTE: network isolation was asked for, but this machine does not allow it.');
  if (request.VpcConfig) lines.push('NOTE: VpcConfig has no effect here.');
  if (request.ResourceConfig.VolumeKmsKeyId !== undefined) lines.push('NOTE: VolumeKmsKeyId has no effect here.');
  return lines;
}
