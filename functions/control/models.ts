import * as z from 'zod';
import type { modelRoutes } from '#api/models.ts';
import { DomainError } from '#core/kernel/index.ts';
import { type Model, type ModelVersion, setAlias, setModelTags, setVersionTags } from '#core/registry/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import type { ReadingDeps } from './reading-deps.ts';
import { versionArtifacts } from './version-artifacts.ts';

const ByName = z.object({ name: z.string() });
const ByNumber = z.object({ number: z.int() });

export function modelHandlers({ plane, ...files }: ReadingDeps): Handlers<typeof modelRoutes> {
  return {
    listModels: async (ctx, { cursor, limit }) => {
      const after = readCursor(cursor, ByName)?.name;
      const rows = await plane.read(ctx, (tx) => tx.models.list({ limit: limit + 1, after }));
      return pageFrom(rows, limit, modelView, ({ name }) => ({ name }));
    },
    findModel: async (ctx, { model }) => {
      const found = await plane.read(ctx, (tx) => tx.models.find(model));
      if (!found) throw new DomainError({ code: 'not_found', what: 'model', id: model });
      return modelView(found);
    },
    listModelVersions: async (ctx, { model, cursor, limit }) => {
      const before = readCursor(cursor, ByNumber)?.number;
      const rows = await plane.read(ctx, (tx) => tx.modelVersions.list(model, { limit: limit + 1, before }));
      return pageFrom(rows, limit, versionView, ({ number }) => ({ number }));
    },
    findModelVersion: async (ctx, { model, version }) => {
      const found = await plane.read(ctx, (tx) => tx.modelVersions.find(model, version));
      if (!found) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
      return versionView(found);
    },
    listModelArtifacts: async (ctx, { model, version }) => {
      const found = await plane.read(ctx, (tx) => tx.modelVersions.find(model, version));
      if (!found) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
      return { artifacts: await versionArtifacts(files, found) };
    },
    setAlias: async (ctx, input, call) => {
      const {
        number: version,
        setAt,
        ...alias
      } = await plane.write(ctx, call, (tx) => setAlias(tx, ctx, { ...input, expectedRevision: call.ifMatch }));
      return { ...alias, model: input.model, version, setAt: setAt.toISOString() };
    },
    setModelTags: async (ctx, input, call) => modelView(await plane.write(ctx, call, (tx) => setModelTags(tx, ctx, input))),
    setModelVersionTags: async (ctx, input, call) => versionView(await plane.write(ctx, call, (tx) => setVersionTags(tx, ctx, input))),
  };
}

function modelView({ id: _, tags, aliases, createdAt, updatedAt, ...model }: Model) {
  return { ...model, tags: { ...tags }, aliases: { ...aliases }, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

function versionView(version: ModelVersion) {
  const { modelId: _, artifactKey: __, signatureKey: ___, profileKey: ____, trainingKey: _____, ...shown } = version;
  const { tags, signature, createdAt, updatedAt } = shown;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { ...shown, tags: { ...tags }, signature: signature as Record<string, unknown>, ...times };
}
