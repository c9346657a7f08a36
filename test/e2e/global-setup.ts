import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { startRegion, stopRegion } from '../../local/region.ts';
import { type DeployedApp, deployApp } from '../../setup/deployed-app.ts';

declare module 'vitest' {
  interface ProvidedContext {
    app: DeployedApp;
    /** Before the slugs of this run's tenants, so that it meets nobody else's. */
    prefix: string;
  }
}

/** A schedule of a minute comes round in six seconds: nothing is gained by waiting for the others. */
const SCHEDULER_RATE_SCALE = '0.1';

/** One region with the app deployed for every end-to-end suite; one that was up before stays up. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = new URL('../..', import.meta.url).pathname;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  process.env['SCHEDULER_RATE_SCALE'] ??= SCHEDULER_RATE_SCALE;
  const region = await startRegion({ root, say, lifetime: 'parent' });
  const teardown = async () => {
    if (region.isOurs) await stopRegion({ root, say });
  };
  try {
    project.provide('app', await deployApp(root, region, () => {}));
    project.provide('prefix', `test-${randomBytes(3).toString('hex')}-`);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
