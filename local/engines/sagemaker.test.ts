import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sagemakerEngine } from './sagemaker.ts';

it('leaves it to the executor how many jobs run at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sagemaker-'));
  const { env } = await sagemakerEngine({ folder, port: 1, awsUrl: 'http://127.0.0.1:2', env: {} });
  expect(env).not.toHaveProperty('CONCURRENCY');
  await rm(folder, { recursive: true });
});
