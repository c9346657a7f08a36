import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Model, Models, ModelVersion, ModelVersions } from './ports.ts';

type Tags = Readonly<Record<string, string>>;
type Tx = { readonly models: Models; readonly modelVersions: ModelVersions } & Recorder;

/** Replaces the tags of a model. Safe to retry. */
export async function setModelTags(tx: Tx, _: Context, { model, tags }: { readonly model: string; readonly tags: Tags }): Promise<Model> {
  const found = await tx.models.find(model);
  if (!found) throw new DomainError({ code: 'not_found', what: 'model', id: model });
  await tx.models.setTags(found.id, tags);
  tx.record({ type: 'model.tagged.v1', subject: `model/${model}`, data: { model, tags } });
  return { ...found, tags };
}

/** Replaces the tags of a version. Safe to retry. */
export async function setVersionTags(
  tx: Tx,
  _: Context,
  { model, version, tags }: { readonly model: string; readonly version: number; readonly tags: Tags },
): Promise<ModelVersion> {
  const found = await tx.modelVersions.find(model, version);
  if (!found) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
  await tx.modelVersions.setTags(found.id, tags);
  tx.record({ type: 'model.version.tagged.v1', subject: `model/${model}/versions/${version}`, data: { model, version, tags } });
  return { ...found, tags };
}
