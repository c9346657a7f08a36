import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Model, Models, ModelVersion, ModelVersions } from './ports.ts';

type Tags = Readonly<Record<string, string>>;
type Tx = { readonly models: Models; readonly modelVersions: ModelVersions } & Recorder;

/** Replaces the tags of a model. Safe to retry: the same tags again change nothing. */
export async function setModelTags(tx: Tx, ctx: Context, { model, tags }: { readonly model: string; readonly tags: Tags }): Promise<Model> {
  const missing = () => new DomainError({ code: 'not_found', what: 'model', id: model });
  // Looked for before the lock too, because the lock makes a model that is missing.
  if (!(await tx.models.find(model))) throw missing();
  await tx.models.lock(model, ctx.principal.id);
  const found = await tx.models.find(model);
  if (!found) throw missing();
  if (sameTags(found.tags, tags)) return found;
  await tx.models.setTags(found.id, tags);
  tx.record({ type: 'model.tagged.v1', subject: `model/${model}`, data: { model, tags } });
  return { ...found, tags };
}

export interface SetVersionTags {
  readonly model: string;
  readonly version: number;
  readonly tags: Tags;
  /** The revision of the version that the caller saw; without it the last writer wins. */
  readonly expectedRevision?: number | undefined;
}

/** Replaces the tags of a version. Safe to retry: the same tags again change nothing. */
export async function setVersionTags(
  tx: Tx,
  ctx: Context,
  { model, version, tags, expectedRevision }: SetVersionTags,
): Promise<ModelVersion> {
  const missing = () => new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
  // Looked for before the lock too, because the lock makes a model that is missing.
  if (!(await tx.modelVersions.find(model, version))) throw missing();
  await tx.models.lock(model, ctx.principal.id);
  const before = await tx.modelVersions.find(model, version);
  if (!before) throw missing();
  // Before the revision is looked at: whoever repeats a call whose answer was lost cannot know the next one.
  if (sameTags(before.tags, tags)) return before;
  if (expectedRevision !== undefined && expectedRevision !== before.revision) {
    throw new DomainError({ code: 'moved_meanwhile', revision: before.revision });
  }
  const after = await tx.modelVersions.setTags(before, tags, ctx.now);
  tx.record({ type: 'model.version.tagged.v1', subject: `model/${model}/versions/${version}`, data: { model, version, tags } });
  return after;
}

function sameTags(one: Tags, other: Tags): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
