import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedRegion, startRegion, stopRegion } from '../../local/region.ts';
import { awsOf, cdkIn, type DeployedApp, deployApp } from '../../setup/deployed-app.ts';
import { keepFigures } from '../support/figures.ts';
import { earlierVersions, short, unpack } from './earlier-versions.ts';
import { putInUse } from './in-use.ts';
import { everythingKept, loseOneOfEach, lost, sizeOf } from './kept.ts';
import { everythingHeld, type Held, leftBehind } from './left-behind.ts';

const root = new URL('../..', import.meta.url).pathname;
const quiet = () => undefined;
const earlier = await earlierVersions(root);
const ENFORCED = 'REGION_ENFORCES_IAM';
let folder: string;
let region: StartedRegion;
const regionFolder = () => join(folder, 'region');
/** With what the last deployment synthesized. */
const destroy = () => cdkIn(root, region, quiet)('destroy', '--all', '--force', '--app', 'cdk.out');

async function deployed(commit?: string): Promise<DeployedApp> {
  const outputs = join(folder, 'outputs.json');
  if (commit === undefined) return deployApp(root, region, quiet, { outputs });
  const clone = join(folder, short(commit));
  await unpack(root, commit, clone);
  return deployApp(root, region, quiet, { clone, outputs });
}

const regionProps = () => ({ root, folder: regionFolder(), say: quiet, lifetime: 'parent' }) as const;

async function held(): Promise<Held> {
  const [everything, restarted] = await everythingHeld(regionProps());
  region = restarted;
  return everything;
}

beforeAll(async () => {
  // A stage is made, used and destroyed by the grants that it has; an earlier one may have lacked some.
  process.env[ENFORCED] = 'true';
  folder = await mkdtemp(join(tmpdir(), 'sluice-lifecycle-'));
  region = await startRegion(regionProps());
});
afterAll(async () => {
  if (region) await stopRegion(regionProps());
  await rm(folder, { recursive: true, force: true });
});

describe('a destroyed stage', () => {
  const PLANTED = ['s3 buckets_meta sluice-local-planted', 'scheduler schedules default/sluice-local-planted'];

  it('leaves nothing of what it was and made, and what somebody else put beside it', async () => {
    const atFirst = await held();
    const inUse = await putInUse(await deployed(), 'destroyed-');
    await inUse.stop();
    await plant();
    await destroy();
    delete process.env[ENFORCED];
    const left = leftBehind(atFirst, await held());
    await keepFigures('destroy', { left: left.filter((each) => !PLANTED.includes(each)).length, plantedAndFound: PLANTED.length });
    expect(left).toEqual(PLANTED);
  });

  it('is destroyed again without harm', () => destroy());
});

describe('an upgrade in place', () => {
  it('keeps everything, and everything goes on where it stood', async ({ skip }) => {
    if (earlier.commits.length === 0) {
      await keepFigures('upgrade', { skipped: earlier.missing ?? '' });
      skip(earlier.missing);
    }
    const [oldest, ...later] = earlier.commits;
    // Where a stage was destroyed, as if it had never been: no name is taken, and no row is met.
    let app = await deployed(oldest);
    const inUse = await putInUse(app, 'upgraded-');
    try {
      const before = await everythingKept(regionFolder(), region, app);
      for (const commit of later) await deployed(commit);
      app = await deployed();
      const gone = lost(before, await everythingKept(regionFolder(), region, app));
      await keepFigures('upgrade', {
        from: earlier.commits.map(short).join(', then '),
        ...(earlier.missing === undefined ? {} : { missing: earlier.missing }),
        rows: sizeOf(before, 'postgres'),
        documents: sizeOf(before, 'mongo'),
        objects: sizeOf(before, 's3'),
        lost: gone.length,
      });
      expect(gone).toEqual([]);
      for (const store of ['postgres', 'mongo', 's3'] as const) expect(sizeOf(before, store), store).toBeGreaterThan(0);
      await inUse.goesOn();
      const here = await everythingKept(regionFolder(), region, app);
      await loseOneOfEach(regionFolder(), region, app);
      const planted = lost(here, await everythingKept(regionFolder(), region, app));
      expect(planted.map((each) => each.split(' ')[0])).toEqual(['postgres', 'mongo', 's3']);
    } finally {
      await inUse.stop();
    }
  });
});

/** What a role of the app could have made by hand, under its name, and no stack knows of. */
async function plant(): Promise<void> {
  const aws = awsOf(region);
  await new S3Client({ ...aws, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'sluice-local-planted' }));
  await new SchedulerClient(aws).send(
    new CreateScheduleCommand({
      Name: 'sluice-local-planted',
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:aws:sqs:us-east-1:000000000000:nobody', RoleArn: 'arn:aws:iam::000000000000:role/nobody' },
    }),
  );
}
