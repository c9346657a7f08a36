import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Models, ModelVersion, ModelVersions } from '#core/registry/index.ts';
import type { BatchFormat } from './batch-status.ts';
import type { Batch, Batches } from './ports.ts';

export interface StartBatch {
  readonly model: string;
  /** The live one unless given. */
  readonly version?: number | undefined;
  readonly format: BatchFormat;
  readonly sha256: string;
  readonly inputKey: string;
}

export interface StartBatchTx extends Recorder {
  readonly models: Pick<Models, 'find'>;
  readonly modelVersions: Pick<ModelVersions, 'find' | 'live'>;
  readonly batches: Pick<Batches, 'add'>;
}

/** Orders the predictions of one version for every row of a stored file. The same again takes over what an earlier batch got done. */
export async function startBatch(tx: StartBatchTx, ctx: Context, { model, version, format, sha256, inputKey }: StartBatch): Promise<Batch> {
  const scoring = await versionFor(tx, model, version);
  const batch = await tx.batches.add(
    {
      modelId: scoring.modelId,
      versionId: scoring.id,
      inputKey,
      inputSha256: sha256,
      format,
      createdBy: ctx.principal.id,
      traceparent: ctx.traceparent,
    },
    ctx.now,
  );
  const subject = `batch/${batch.id}`;
  tx.record({ type: 'batch.queued.v1', subject, data: { batch: batch.id, model, version: scoring.number, sha256, format } });
  tx.record({
    type: 'batch.ordered.v1',
    subject,
    destination: 'execution',
    data: {
      stateMachine: 'batch-prediction',
      name: batch.id,
      input: { tenant: ctx.tenant, batch: batch.id, ...(ctx.traceparent === undefined ? {} : { traceparent: ctx.traceparent }) },
      resumes: true,
    },
  });
  return batch;
}

async function versionFor(tx: StartBatchTx, model: string, version: number | undefined): Promise<ModelVersion> {
  if (version !== undefined) {
    const found = await tx.modelVersions.find(model, version);
    if (!found) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
    return found;
  }
  const found = await tx.models.find(model);
  if (!found) throw new DomainError({ code: 'not_found', what: 'model', id: model });
  const live = await tx.modelVersions.live(found.id);
  if (!live) throw new DomainError({ code: 'model_not_live', model });
  return live;
}
