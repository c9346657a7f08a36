import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ACCESS_RECORD } from '../../local/engines/aws.ts';
import { startRegion, stopRegion } from '../../local/region.ts';
import { regionFolder } from '../../local/region-record.ts';
import { type DeployedApp, deployApp } from '../../setup/deployed-app.ts';
import { spanCollector } from '../support/span-collector.ts';

declare module 'vitest' {
  interface ProvidedContext {
    app: DeployedApp;
    /** Before the slugs of this run's tenants, so that it meets nobody else's. */
    prefix: string;
    /** Where the spans of this run are; undefined where the run is not looked at as a whole, and in a region that was up before. */
    collector: string | undefined;
    /** Whether the region denies what no policy grants. */
    enforcesIam: boolean;
    /** Of the region: which grants were used and what was denied. */
    accessRecord: string;
    /** Epoch milliseconds. */
    startedAt: number;
    /** What must never be read in a log. */
    databasePassword: string;
  }
}

/** A schedule of a minute comes round in six seconds: nothing is gained by waiting for the others. */
const SCHEDULER_RATE_SCALE = '0.1';

/**
 * One region with the app deployed for every end-to-end suite, which denies what no policy grants. One that was up before stays up,
 * and is as it was started: what looks back on a whole run is then left out.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = new URL('../..', import.meta.url).pathname;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  process.env['SCHEDULER_RATE_SCALE'] ??= SCHEDULER_RATE_SCALE;
  process.env['REGION_ENFORCES_IAM'] = 'true';
  const region = await startRegion({ root, say, lifetime: 'parent' });
  const enforcesIam = region.isOurs;
  const collector = enforcesIam ? await spanCollector() : undefined;
  const teardown = async () => {
    await collector?.stop();
    if (region.isOurs) await stopRegion({ root, say });
  };
  try {
    const accessRecord = join(regionFolder(root), 'aws', ACCESS_RECORD);
    await rm(accessRecord, { force: true });
    Object.assign(process.env, collector?.env);
    project.provide('collector', collector?.env.OTEL_EXPORTER_OTLP_ENDPOINT);
    project.provide('startedAt', Date.now());
    project.provide('enforcesIam', enforcesIam);
    project.provide('accessRecord', accessRecord);
    project.provide('databasePassword', region.postgres.password);
    project.provide('app', await deployApp(root, region, () => {}));
    project.provide('prefix', `test-${randomBytes(3).toString('hex')}-`);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
