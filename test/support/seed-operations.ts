import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import { batchFiles } from '../../core/batch/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import { rolloutPlan } from '../../core/rollout/index.ts';
import { POLICY } from './alerted-scan.ts';
import { HOURLY } from './hourly-monitor.ts';
import type { Trained } from './seed-training.ts';
import type { Seed } from './tenant-names.ts';

/** What happens to a model after training, and who is told. */
export async function seedOperations(tx: ControlTx, ctx: Context, { names, secret, files, live }: Seed & Trained) {
  const by = ctx.principal.id;
  const { path } = names;
  const rollout = await tx.rollouts.add(
    {
      modelId: live.modelId,
      versionId: live.id,
      baselineVersionId: null,
      executionId: null,
      alias: path['alias'] ?? '',
      plan: rolloutPlan('canary'),
      policyVersion: 1,
    },
    by,
    ctx.now,
  );
  await tx.rollouts.change(rollout.id, { status: 'running', taskToken: secret, stepSince: ctx.now }, ctx.now);
  const check = {
    check: 'traffic',
    verdict: 'passed',
    method: 'count',
    n: { canary: 1, reference: null },
    observed: {},
    threshold: {},
  } as const;
  const checks = [{ ...check, statistic: null, p: null, sentence: secret }];
  await tx.rollouts.addJudgement(rollout.id, { step: 0, verdict: 'advance', checks, decidedAt: ctx.now });
  const settings = { ...HOURLY, retraining: { ...POLICY, pipeline: path['pipeline'] ?? '' } };
  const monitor = await tx.monitors.add({ modelId: live.modelId, name: path['monitor'] ?? '', settings }, by, ctx.now);
  const window = { from: new Date('2001-04-01T00:00:00Z'), to: new Date('2001-04-01T01:00:00Z') };
  const scan = await tx.scans.begin({ monitorId: monitor.id, window, asOf: window.to }, ctx.now);
  if (!scan) throw new Error('the window has its scan already');
  const summary = {
    headline: secret,
    files: 1,
    columns: [],
    prediction: null,
    target: null,
    performance: [],
    decay: null,
    alerted: ['distance'],
    cause: secret,
  };
  await tx.scans.succeed(
    scan.id,
    { modelVersionId: live.id, verdict: 'drift', rows: 10, labelled: 0, summary, reportKey: files.report },
    ctx.now,
  );
  const finding = await tx.retrainings.lockFinding(scan.id);
  if (!finding) throw new Error('the scan found nothing');
  const decided = {
    cause: secret,
    decision: 'refuse',
    reason: 'cooldown',
    details: { sentence: secret } as never,
    policyVersion: 1,
    executionId: null,
  } as const;
  await tx.retrainings.add({ finding, ...decided }, ctx.now);
  const ordered = { modelId: live.modelId, versionId: live.id, inputKey: `tenants/${ctx.tenant}/batch-inputs/${names.upload.batch}` };
  const batch = await tx.batches.add({ ...ordered, inputSha256: names.upload.batch, format: 'csv', createdBy: by }, ctx.now);
  const out = batchFiles(ctx.tenant, batch);
  await tx.batches.change(batch.id, { status: 'succeeded', badRows: 0, outputKey: out.output, badRowsKey: out.badRows }, ctx.now);
  await seedWebhook(tx, ctx, path['webhook'] ?? '', secret);
  await tx.members.put({ principal: path['principal'] ?? '', kind: 'user', displayName: secret, roles: ['viewer'] }, ctx.now);
  for (const chief of ['one', 'two'])
    await tx.members.put({ principal: `chief-${chief}-${secret}`, kind: 'user', displayName: secret, roles: ['admin'] }, ctx.now);
  tx.record({ type: 'seeded.v1', subject: `seed/${secret}`, data: { said: secret } });
  return { path: { rollout: rollout.id, scan: scan.id, batch: batch.id } };
}

/** Once more after somebody removed it. */
export async function seedWebhook(tx: Pick<ControlTx, 'webhooks'>, ctx: Context, id: string, secret: string): Promise<void> {
  const url = `https://example.com/${secret}`;
  await tx.webhooks.add({ id, url, eventTypes: ['*'], secret: `whsec_${secret}`, createdBy: ctx.principal.id, createdAt: ctx.now });
}
