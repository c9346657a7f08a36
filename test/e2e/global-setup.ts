import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ACCESS_RECORD } from '../../local/engines/aws.ts';
import { startRegion, stopRegion } from '../../local/region.ts';
import { regionFolder } from '../../local/region-record.ts';
import { type DeployedApp, deployApp } from '../../setup/deployed-app.ts';
import { spanCollector } from '../support/span-collector.ts';

/** What every suite is given. */
interface EndToEnd {
  readonly app: DeployedApp;
  /** Before the slugs of this run's tenants, so that it meets nobody else's. */
  readonly prefix: string;
  /** Where the spans of this run are; undefined in a region that was up before. */
  readonly collector: string | undefined;
  /** Whether the region denies what no policy grants. */
  readonly enforcesIam: boolean;
  /** Of the region: which grants were used and what was denied. */
  readonly accessRecord: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** What must never be read in a log. */
  readonly databasePassword: string;
}

declare module 'vitest' {
  interface ProvidedContext extends EndToEnd {}
}

interface Standing {
  readonly given: EndToEnd;
  readonly stop: () => Promise<void>;
}

/** A schedule of a minute comes round in six seconds: nothing is gained by waiting for the others. */
const SCHEDULER_RATE_SCALE = '0.1';

/** The projects of a run stand on one region, and each loads this file anew. */
const shared = globalThis as typeof globalThis & { sluiceEndToEnd?: Promise<Standing> };

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.sluiceEndToEnd ??= standUp();
  const { given, stop } = await shared.sluiceEndToEnd;
  for (const [key, value] of Object.entries(given)) project.provide(key as keyof EndToEnd, value);
  return stop;
}

/**
 * One region with the app deployed for every end-to-end suite, which denies what no policy grants. One that was up before stays up,
 * and is as it was started: what looks back on a whole run is then left out.
 */
async function standUp(): Promise<Standing> {
  const root = new URL('../..', import.meta.url).pathname;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  process.env['SCHEDULER_RATE_SCALE'] ??= SCHEDULER_RATE_SCALE;
  process.env['REGION_ENFORCES_IAM'] = 'true';
  const region = await startRegion({ root, say, lifetime: 'parent' });
  const enforcesIam = region.isOurs;
  const collector = enforcesIam ? await spanCollector() : undefined;
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      await collector?.stop();
      if (region.isOurs) await stopRegion({ root, say });
    })();
    return stopped;
  };
  try {
    const accessRecord = join(regionFolder(root), 'aws', ACCESS_RECORD);
    await rm(accessRecord, { force: true });
    Object.assign(process.env, collector?.env);
    const startedAt = Date.now();
    const given = {
      app: await deployApp(root, region, () => {}),
      prefix: `test-${randomBytes(3).toString('hex')}-`,
      collector: collector?.env.OTEL_EXPORTER_OTLP_ENDPOINT,
      enforcesIam,
      accessRecord,
      startedAt,
      databasePassword: region.postgres.password,
    };
    return { given, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
