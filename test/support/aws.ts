import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEngine } from '../../local/engine-process.ts';
import { awsEngine, removeUnpacked } from '../../local/engines/aws.ts';
import { freePort } from '../../local/free-port.ts';
import { pythonEnvironment } from '../../local/python-environment.ts';
import { childEnvironment, dataFolder, ROOT } from './stores-folder.ts';

export interface TestAws {
  readonly endpoint: string;
  /** What a client of the SDK needs: `new S3Client(aws.config)`. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly forcePathStyle: true;
  };
  stop(): Promise<void>;
}

/** The laptop region's AWS engine, empty, for one test file. */
export async function startAws(): Promise<TestAws> {
  const requirements = join(ROOT, 'local', 'engine', 'requirements.txt');
  const { python } = await pythonEnvironment({ name: 'region', requirements, root: ROOT, say: () => undefined });
  const folder = await dataFolder('aws');
  const port = await freePort();
  const engine = await awsEngine({
    folder,
    port,
    python,
    root: ROOT,
    sagemakerUrl: 'http://127.0.0.1:9',
    enforceIam: false,
    env: childEnvironment(),
  });
  // Nobody starts it again: it saves no state.
  const env = { ...engine.env, PERSIST_STATE: '0' };
  const running = await startEngine({ ...engine, env }, { python, logs: folder });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    config: { endpoint, region: 'us-east-1', credentials: { accessKeyId: '000000000000', secretAccessKey: 'test' }, forcePathStyle: true },
    async stop() {
      await running.stop();
      await removeUnpacked(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
