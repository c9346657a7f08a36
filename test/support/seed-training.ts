import { randomUUID } from 'node:crypto';
import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import { uploadKey } from '../../core/data/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import type { Plan } from '../../core/pipelines/index.ts';
import { pipelineText } from './pipeline-text.ts';
import { hash, type Seed } from './tenant-names.ts';

/** From rows to an approved version that is live, and one that could be. */
export async function seedTraining(tx: ControlTx, ctx: Context, { names, secret, files, sha256 }: Seed & { readonly sha256: string }) {
  const by = ctx.principal.id;
  const { path } = names;
  await tx.policies.add({ version: 1, rules: { approvals: [], gates: [] }, comment: secret, createdBy: by }, ctx.now);
  const dataset = await tx.datasets.lock(path['dataset'] ?? '', by);
  const content = {
    label: secret,
    sha256,
    bytes: 10,
    format: 'parquet',
    objectKey: uploadKey(ctx.tenant, 'dataset', sha256),
    createdBy: by,
  } as const;
  const rows = await tx.datasets.addVersion(dataset.id, content, ctx.now);
  const pipeline = await tx.pipelines.lock(path['pipeline'] ?? '', by);
  const source = pipelineText({
    pipeline: path['pipeline'] ?? '',
    dataset: path['dataset'] ?? '',
    model: path['model'] ?? '',
    says: secret,
  });
  const file = await tx.pipelines.addVersion(pipeline.id, {
    source: source.text,
    sourceSha256: hash(source.text),
    definition: source.definition,
    createdBy: by,
  });
  const execution = async () => {
    const plan = {
      approval: { required: true, timeoutHours: 1 },
      deployment: { model: path['model'], alias: 'champion', strategy: 'canary' },
    };
    const ordered = {
      pipelineVersionId: file.id,
      datasetVersionId: rows.id,
      plan: plan as Plan,
      createdBy: by,
      createdByKind: 'user',
      policyVersion: 1,
    } as const;
    const { id } = await tx.executions.add(ordered, ctx.now);
    const attempt = { execution: id, step: 'evaluate', inputHash: hash(id) };
    const { attempt: number } = await tx.steps.begin(attempt, ctx.now);
    const evaluation = randomUUID();
    await tx.evaluations.add(
      {
        id: evaluation,
        execution: id,
        artifactSha256: 'a'.repeat(64),
        rowsSha256: 'b'.repeat(64),
        rows: 10,
        metrics: { auc: { value: 0.7 } },
        details: { said: secret },
        reportKey: files.report,
      },
      ctx.now,
    );
    const gate = {
      gate: 'auc',
      metric: 'auc',
      comparison: 'at_least',
      observed: 0.7,
      threshold: 0.6,
      passed: true,
      reason: secret,
    } as const;
    await tx.evaluations.setVerdicts({ execution: id, evaluation, policyVersion: 1 }, [gate], ctx.now);
    await tx.steps.succeed({ ...attempt, attempt: number, output: { evaluation, said: secret, reportKey: files.report } }, ctx.now);
    const asked = {
      execution: id,
      requestedFor: secret,
      policyVersion: 1,
      author: by,
      evidence: { said: secret, reportKey: files.report },
    };
    const approval = await tx.approvals.request(
      { ...asked, expiresAt: new Date(ctx.now.getTime() + 3_600_000), taskToken: secret },
      ctx.now,
    );
    return { id, evaluation, approval: approval.id };
  };
  const experiment = await tx.experiments.ensure(path['experiment'] ?? '');
  const run = path['run'] ?? '';
  await tx.runs.start({
    id: run,
    experimentId: experiment.id,
    name: secret,
    userId: by,
    artifactUri: `s3://${secret}`,
    startTime: ctx.now.getTime(),
  });
  await tx.runs.log(run, {
    params: { said: secret },
    tags: { said: secret },
    metrics: [{ key: 'auc', value: 0.7, step: 0, timestamp: ctx.now.getTime() }],
  });
  const version = async (model: string) => {
    const made = await execution();
    await tx.approvals.decide(made.approval, { status: 'approved', by: `second-${secret}`, comment: secret, policyVersion: 1 }, ctx.now);
    const { id: modelId } = await tx.models.lock(model, by);
    await tx.models.setTags(modelId, { said: secret });
    const added = await tx.modelVersions.add(
      modelId,
      {
        label: secret,
        description: secret,
        runId: run,
        executionId: made.id,
        datasetVersionId: rows.id,
        evaluationId: made.evaluation,
        artifactKey: files.model,
        artifactSha256: 'a'.repeat(64),
        artifactBytes: 5,
        signatureKey: files.signature,
        profileKey: null,
        trainingKey: null,
        signature: { said: secret },
      },
      by,
      ctx.now,
    );
    await tx.executions.change(made.id, { status: 'succeeded', runId: run, modelVersionId: added.id }, ctx.now);
    return tx.modelVersions.setTags(added, { said: secret }, ctx.now);
  };
  await version(names.spare);
  const live = await tx.modelVersions.move(await version(path['model'] ?? ''), { deploymentStatus: 'live', stage: 'production' }, ctx.now);
  await tx.aliases.put(live.modelId, path['alias'] ?? '', live.number, by, ctx.now);
  // Of the approval that still waits; the pipeline is free for another.
  const waiting = await execution();
  await tx.executions.change(waiting.id, { status: 'failed', failure: { code: 'unknown', said: secret } as never }, ctx.now);
  return { live, execution: waiting.id, approval: waiting.approval };
}

export type Trained = Awaited<ReturnType<typeof seedTraining>>;
