import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../engine.ts';

const MAIN = fileURLToPath(new URL('../sagemaker/main.ts', import.meta.url));

export interface SagemakerProps {
  readonly folder: string;
  readonly port: number;
  readonly awsUrl: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The executor that runs SageMaker's jobs as processes of this machine. */
export async function sagemakerEngine({ folder, port, awsUrl, env }: SagemakerProps): Promise<Engine> {
  await mkdir(folder, { recursive: true });
  return {
    name: 'sagemaker',
    port,
    command: [process.execPath, MAIN],
    env: {
      ...env,
      PORT: String(port),
      AWS_ENDPOINT_URL: awsUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: '000000000000',
      AWS_SECRET_ACCESS_KEY: 'local',
      DATA_DIR: folder,
    },
    async isReady() {
      const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) });
      await answer.body?.cancel();
      return answer.ok;
    },
  };
}
