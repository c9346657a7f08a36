import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { yamlDocument } from '#adapters/yaml/source-document.ts';
import { readPipelineFile } from '#api/read-pipeline-file.ts';
import { retrainingRoutes } from '#api/retrainings.ts';
import { decideApproval, putPolicy } from '#core/governance/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { putPipeline, startExecution } from '#core/pipelines/index.ts';
import { registerVersion, setAlias } from '#core/registry/index.ts';
import { serveTask } from '#functions/_steps/serve-task.ts';
import { sha256 } from '#functions/_stores/sha256.ts';
import { type AlertedScan, alertedScan } from '../../test/support/alerted-scan.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { decide } from './decide.ts';

const PIPELINE = `
pipeline: delays
dataset: delays
schema:
  distance: { type: integer }
  date: { type: datetime }
  late: { type: boolean, role: target }
split: { by: time, column: date, validationDays: 7, testDays: 14 }
training: { algorithm: gradient_boosting }
gates:
  - { metric: auc, noWorseThan: champion }
deployment: { model: delays }
`;

let postgres: TestPostgres;
let plane: ControlPlane;
let ctx: Context;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  const tenant = await postgres.newTenant();
  ctx = { tenant: tenant.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
});

const instanceTypes = ['ml.m5.large'];
let policyVersion = 0;
const write = <T>(work: Parameters<typeof plane.write<T>>[2]) => plane.write(ctx, {}, work);

async function addData(): Promise<void> {
  const version = { label: null, bytes: 10, format: 'parquet', objectKey: 'k', createdBy: 'ada' } as const;
  await write(async (tx) =>
    tx.datasets.addVersion((await tx.datasets.lock('delays', 'ada')).id, { ...version, sha256: sha256(randomUUID()) }, ctx.now),
  );
}

const addPipeline = () =>
  write((tx) => {
    const definition = readPipelineFile(yamlDocument(PIPELINE), 'delays');
    return putPipeline(tx, ctx, { pipeline: 'delays', source: PIPELINE, sourceSha256: sha256(PIPELINE), definition });
  });

/** Version 1 of the model, trained on the newest data, under the alias. */
const addChampion = () =>
  write(async (tx) => {
    const data = await tx.datasets.findVersion('delays');
    await registerVersion(tx, ctx, {
      model: 'delays',
      artifactKey: 'k',
      artifactSha256: 'a'.repeat(64),
      artifactBytes: 1,
      signatureKey: 's',
      signature: {},
      runId: null,
      executionId: null,
      evaluationId: null,
      profileKey: null,
      trainingKey: null,
      datasetVersionId: data?.id ?? null,
    });
    await setAlias(tx, ctx, { model: 'delays', alias: 'champion', version: 1 });
  });

const found = (scan?: AlertedScan) => write((tx) => alertedScan(tx, ctx, scan));

/** The state of the machine. */
async function decided(scan: string, types = instanceTypes, tenant = ctx.tenant, more = {}): Promise<Readonly<Record<string, unknown>>> {
  const step = serveTask('retraining', { decide: decide({ plane, instanceTypes: types }) });
  return { ...(await step({ tenant, scan, step: 'decide', ...more }, { awsRequestId: randomUUID() })) };
}

const facts = () =>
  postgres.asOwnerIn(ctx.tenant, async (client) => {
    const { rows } = await client.query(
      `select destination, type, subject, data from outbox where type like 'retraining.%' or destination = 'execution' order by id`,
    );
    return rows as readonly { destination: string; type: string; subject: string; data: Record<string, unknown> }[];
  });

const end = (execution: unknown) => write((tx) => tx.executions.change(String(execution), { status: 'failed' }, ctx.now));

describe('drift that a scan told of', () => {
  it('starts the pipeline on the newest data, for the system, and tells of it once', async () => {
    await addData();
    await addPipeline();
    await addChampion();
    await addData();
    const { scan, monitorId } = await found();
    const first = await decided(scan);
    expect(first).toMatchObject({ decision: 'start', reason: 'drift', execution: expect.any(String) });
    expect(await decided(scan)).toEqual(first);
    const execution = await plane.read(ctx, (tx) => tx.executions.find(String(first['execution'])));
    expect(execution).toMatchObject({ datasetVersion: 2, status: 'queued', createdBy: 'system:retraining', createdByKind: 'service' });
    expect(await facts()).toMatchObject([
      { destination: 'execution', data: { stateMachine: 'training', name: first['execution'] } },
      {
        destination: 'bus',
        type: 'retraining.decided.v1',
        subject: 'model/delays',
        data: {
          retraining: first['retraining'],
          model: 'delays',
          monitor: 'hourly',
          scan,
          cause: `${monitorId}/distance`,
          decision: 'start',
          reason: 'drift',
          execution: first['execution'],
        },
      },
    ]);
    const [kept] = await plane.read(ctx, (tx) => tx.retrainings.list('delays', { limit: 9 }));
    expect(kept?.details).toMatchObject({
      what: ['distance'],
      sentence: 'pipeline delays starts on version 2 of delays, newer than version 1 that version 1 learned from',
      newestData: 2,
      champion: { version: 1, dataset: 'delays', datasetVersion: 1 },
    });
  });

  it('starts an execution in the trace of the scan', async () => {
    await addData();
    await addPipeline();
    const { scan } = await found();
    const trace = 'a'.repeat(32);
    const { execution } = await decided(scan, instanceTypes, ctx.tenant, { traceparent: `00-${trace}-${'b'.repeat(16)}-01` });
    const started = await plane.read(ctx, (tx) => tx.executions.find(String(execution)));
    expect(started?.traceparent).toMatch(new RegExp(`^00-${trace}-`));
  });

  it('starts one execution when two windows are decided about at once', async () => {
    await addData();
    await addPipeline();
    const scans = [await found(), await found({ window: 1, what: ['origin'] }), await found({ window: 2 })];
    const answers = await Promise.all(scans.map(({ scan }) => decided(scan)));
    expect(answers.filter(({ decision }) => decision === 'start')).toHaveLength(1);
    expect((await facts()).filter(({ destination }) => destination === 'execution')).toHaveLength(1);
  });

  it('is decided once when the state is repeated while it still runs', async () => {
    await addData();
    await addPipeline();
    const { scan } = await found();
    const [one, other] = await Promise.all([decided(scan), decided(scan)]);
    expect(one).toEqual(other);
    expect((await facts()).map(({ type }) => type).sort()).toEqual(['execution.ordered.v1', 'retraining.decided.v1']);
  });

  it.each<{ name: string; reason: string; sentence: RegExp; given: () => Promise<string>; types?: string[] }>([
    {
      name: 'there is no policy',
      reason: 'no_policy',
      sentence: /no retraining policy/,
      given: async () => (await found({ retraining: null })).scan,
    },
    { name: 'the pipeline is gone', reason: 'pipeline_missing', sentence: /no pipeline delays/, given: async () => (await found()).scan },
    {
      name: 'the stage no longer takes its instances',
      reason: 'pipeline_invalid',
      sentence: /ml.m5.large is not allowed in this stage; allowed are ml.c5.large/,
      types: ['ml.c5.large'],
      given: async () => {
        await addData();
        await addPipeline();
        return (await found()).scan;
      },
    },
    {
      name: 'there is no data',
      reason: 'no_newer_data',
      sentence: /dataset delays has no version/,
      given: async () => {
        await addPipeline();
        return (await found()).scan;
      },
    },
    {
      name: 'there is no newer data',
      reason: 'no_newer_data',
      sentence: /version 1 was trained on version 1 of delays/,
      given: async () => {
        await addData();
        await addPipeline();
        await addChampion();
        return (await found()).scan;
      },
    },
    {
      name: 'the same cause is at work',
      reason: 'duplicate_cause',
      sentence: /which has not ended/,
      given: async () => {
        await addData();
        await addPipeline();
        await decided((await found()).scan);
        return (await found({ window: 1 })).scan;
      },
    },
    {
      name: 'the same cause was answered a moment ago',
      reason: 'cooldown',
      sentence: /less than 24 hours ago/,
      given: async () => {
        await addData();
        await addPipeline();
        await end((await decided((await found()).scan))['execution']);
        return (await found({ window: 1 })).scan;
      },
    },
    {
      name: 'the budget is spent',
      reason: 'budget',
      sentence: /2 of 2 executions in 7 days are spent/,
      given: async () => {
        await addData();
        await addPipeline();
        await end((await decided((await found({ what: ['a'] })).scan))['execution']);
        await end((await decided((await found({ window: 1, what: ['b'] })).scan))['execution']);
        return (await found({ window: 2, what: ['c'] })).scan;
      },
    },
    {
      name: 'a person started the pipeline',
      reason: 'execution_running',
      sentence: /is at work on execution/,
      given: async () => {
        await addData();
        await addPipeline();
        await write((tx) => startExecution(tx, ctx, { pipeline: 'delays' }));
        return (await found()).scan;
      },
    },
    {
      name: 'the tenant’s policy demands a gate that the pipeline lacks',
      reason: 'pipeline_invalid',
      sentence: /lacks gates that policy version 1 demands: auc at least 0.6/,
      given: async () => {
        await addData();
        await addPipeline();
        const rules = { approvals: [], gates: [{ models: 'delays', metric: 'auc', atLeast: 0.6 }] };
        await write((tx) => putPolicy(tx, ctx, { rules, comment: 'why' }));
        const { scan } = await found();
        policyVersion = 1;
        return scan;
      },
    },
  ])('starts nothing and says why when $name', async ({ reason, sentence, given, types }) => {
    policyVersion = 0;
    const scan = await given();
    const ordered = (await facts()).filter(({ destination }) => destination === 'execution').length;
    expect(await decided(scan, types)).toMatchObject({ decision: 'refuse', reason, execution: null });
    const kept = await plane.read(ctx, (tx) => tx.retrainings.ofScan(scan));
    expect(kept).toMatchObject({
      executionId: null,
      policyVersion,
      details: { sentence: expect.stringMatching(sentence), what: expect.any(Array) },
    });
    expect((await facts()).filter(({ destination }) => destination === 'execution')).toHaveLength(ordered);
    expect((await facts()).at(-1)).toMatchObject({ type: 'retraining.decided.v1', data: { decision: 'refuse', reason, execution: null } });
    retrainingRoutes.listRetrainings.response.parse({ items: [{ ...kept, decidedAt: kept?.decidedAt.toISOString() }] });
  });

  it('is nobody else’s to decide about', async () => {
    const { scan } = await found();
    const other = await postgres.newTenant();
    await expect(decided(scan, instanceTypes, other.id)).rejects.toMatchObject({ failure: { code: 'not_found', what: 'scan', id: scan } });
  });

  it('leaves the approval to any approver: its author is the system', async () => {
    await addData();
    await addPipeline();
    const { execution } = await decided((await found()).scan);
    const { createdBy } = (await plane.read(ctx, (tx) => tx.executions.find(String(execution)))) ?? { createdBy: '' };
    const request = { execution: String(execution), requestedFor: 'a model', author: createdBy, evidence: {}, taskToken: 't' };
    const expiresAt = new Date(Date.now() + 60_000);
    const approval = await write((tx) => tx.approvals.request({ ...request, policyVersion: 0, expiresAt }, ctx.now));
    await write((tx) => decideApproval(tx, ctx, { approval: approval.id, decision: 'approved', comment: '' }));
  });
});
