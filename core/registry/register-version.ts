import type { Context, Recorder } from '#core/kernel/index.ts';
import type { Models, ModelVersion, ModelVersions, NewModelVersion } from './ports.ts';

export interface RegisterVersion extends NewModelVersion {
  readonly model: string;
}

/** Gives an artifact the next number of its model, making the model when it is new. Safe to retry: an execution registers once, a repetition finds that version. */
export async function registerVersion(
  tx: { readonly models: Models; readonly modelVersions: ModelVersions } & Recorder,
  ctx: Context,
  { model, ...version }: RegisterVersion,
): Promise<ModelVersion> {
  const { id } = await tx.models.lock(model, ctx.principal.id);
  const before = version.executionId === null ? undefined : await tx.modelVersions.ofExecution(id, version.executionId);
  if (before) return before;
  const registered = await tx.modelVersions.add(id, version, ctx.principal.id, ctx.now);
  tx.record({
    type: 'model.version.registered.v1',
    subject: `model/${model}/versions/${registered.number}`,
    data: {
      model,
      version: registered.number,
      artifactSha256: registered.artifactSha256,
      execution: registered.executionId,
      evaluation: registered.evaluationId,
      run: registered.runId,
    },
  });
  return registered;
}
