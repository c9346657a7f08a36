import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import { hasBeenLive } from './deployment-status.ts';
import type { Alias, Aliases, Models, ModelVersions } from './ports.ts';

export interface SetAlias {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  /** The revision of the alias that the caller saw; without it the last writer wins. */
  readonly expectedRevision?: number | undefined;
}

/**
 * Points an alias at a version. Safe to retry: pointing at the same version again changes nothing. One that follows what serves takes
 * no version that never served: whoever moved it there would choose what gates compare with, without any approval.
 * @throws {DomainError} `version_never_live`, `moved_meanwhile`, `not_found`
 */
export async function setAlias(
  tx: { readonly models: Models; readonly modelVersions: ModelVersions; readonly aliases: Aliases } & Recorder,
  ctx: Context,
  { model, alias, version, expectedRevision }: SetAlias,
): Promise<Alias> {
  const target = await tx.modelVersions.find(model, version);
  if (!target) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
  await tx.models.lock(model, ctx.principal.id);
  const before = await tx.aliases.lock(target.modelId, alias);
  // Before the revision is looked at: whoever repeats a call whose answer was lost cannot know the next one.
  if (before?.number === version) return before;
  if (expectedRevision !== undefined && before?.revision !== expectedRevision) {
    throw new DomainError({ code: 'moved_meanwhile', revision: before?.revision ?? 0 });
  }
  if (!hasBeenLive(target) && (await tx.aliases.followsRollouts(target.modelId, alias))) {
    throw new DomainError({ code: 'version_never_live', model, version, alias });
  }
  const after = await tx.aliases.put(target.modelId, alias, version, ctx.principal.id, ctx.now);
  const data = { model, alias, from: before?.number ?? null, to: version };
  tx.record({ type: 'model.alias.moved.v1', subject: `model/${model}`, data });
  return after;
}
