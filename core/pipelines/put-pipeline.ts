import { demandGates, type Policies } from '#core/governance/index.ts';
import type { Context, Recorder } from '#core/kernel/index.ts';
import type { PipelineSource } from './definition.ts';
import type { Pipelines, PipelineVersion } from './ports.ts';

export interface PutPipeline {
  readonly pipeline: string;
  readonly source: string;
  readonly sourceSha256: string;
  readonly definition: PipelineSource;
}

/**
 * Stores one text of a pipeline as its next version, if it has every gate that the policy in force demands of it, in every environment it
 * names. Safe to retry: a text that is already a version is that version.
 */
export async function putPipeline(
  tx: { readonly pipelines: Pipelines; readonly policies: Pick<Policies, 'current'> } & Recorder,
  ctx: Context,
  { pipeline, source, sourceSha256, definition }: PutPipeline,
): Promise<PipelineVersion> {
  const { id } = await tx.pipelines.lock(pipeline, ctx.principal.id);
  const same = await tx.pipelines.versionBySource(id, sourceSha256);
  if (same) return same;
  const policy = await tx.policies.current();
  for (const [environment, { deployment, gates }] of [[null, definition.base] as const, ...Object.entries(definition.environments)])
    demandGates(policy, { model: deployment.model, environment, gates });
  const version = await tx.pipelines.addVersion(id, { source, sourceSha256, definition, createdBy: ctx.principal.id });
  tx.record({
    type: 'pipeline.version.created.v1',
    subject: `pipeline/${pipeline}/versions/${version.number}`,
    data: { pipeline, version: version.number, sourceSha256 },
  });
  return version;
}
