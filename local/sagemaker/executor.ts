import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { actions } from './actions.ts';
import { type ImageEnvironment, imageManifests, matchImage, prepareImage } from './images.ts';
import { findNetworkIsolation } from './isolation.ts';
import { jobClients, S3_SETTINGS } from './job-clients.ts';
import { jobQueue } from './job-queue.ts';
import { fileJobStore } from './job-store.ts';
import { sageMakerServer } from './server.ts';

export interface ExecutorProps {
  /** @default 0: a free one */
  readonly port?: number;
  /** Where S3 and CloudWatch Logs answer. */
  readonly awsEndpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly account: string;
  readonly dataFolder: string;
  /** The repository's root, under which the image environments are. */
  readonly root: string;
  readonly concurrency: number;
  /** @default 120, as SageMaker */
  readonly stopGraceSeconds?: number;
  /** @default 60 */
  readonly leaseSeconds?: number;
  /** @default 100 */
  readonly mostUnfinished?: number;
  readonly say: (line: string) => void;
}

export interface Executor {
  readonly port: number;
  close(): Promise<void>;
}

/** SageMaker's training jobs on this machine, listening on 127.0.0.1. */
export async function startExecutor(props: ExecutorProps): Promise<Executor> {
  const { awsEndpoint, region, accessKeyId, secretAccessKey, say, root } = props;
  const access = { endpoint: awsEndpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const s3 = new S3Client({ ...access, ...S3_SETTINGS });
  const store = await fileJobStore(join(props.dataFolder, 'jobs'));
  const manifests = await imageManifests();
  const environments = new Map<string, Promise<ImageEnvironment>>();
  const runner = {
    store,
    region,
    say,
    isolation: await findNetworkIsolation(),
    clientsOf: (roleArn: string, job: string) => jobClients(access, roleArn, job),
    prepareImage(uri: string) {
      const manifest = matchImage(manifests, uri);
      if (!manifest) throw new Error(`There is no environment for the training image ${uri}.`);
      const made = environments.get(manifest.name) ?? prepareImage({ manifest, root, say });
      environments.set(manifest.name, made);
      made.catch(() => environments.delete(manifest.name)); // the next job tries again
      return made;
    },
    stopGraceSeconds: props.stopGraceSeconds ?? 120,
    leaseSeconds: props.leaseSeconds ?? 60,
  };
  const queue = jobQueue(runner, props.concurrency);
  const server = sageMakerServer(
    actions({ store, queue, s3, manifests, region, account: props.account, mostUnfinished: props.mostUnfinished ?? 100 }),
    say,
  );
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(props.port ?? 0, '127.0.0.1', resolve));
  queue.resume();
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await queue.close();
      s3.destroy();
    },
  };
}
