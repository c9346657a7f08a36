import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { yamlDocument } from '#adapters/yaml/source-document.ts';
import type { pipelineRoutes } from '#api/pipelines.ts';
import { readPipelineFile } from '#api/read-pipeline-file.ts';
import { DomainError } from '#core/kernel/index.ts';
import { type Pipeline, type PipelineVersion, putPipeline } from '#core/pipelines/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import { sha256 } from '#functions/_stores/sha256.ts';
import { checkInstanceTypes } from './check-instance-types.ts';

const ByName = z.object({ name: z.string() });

export function pipelineHandlers(plane: ControlPlane, instanceTypes: readonly string[]): Handlers<typeof pipelineRoutes> {
  return {
    putPipeline: async (ctx, { pipeline, source }, call) => {
      const definition = readPipelineFile(yamlDocument(source), pipeline);
      checkInstanceTypes({ source, definition, environments: [undefined, ...Object.keys(definition.environments)] }, instanceTypes);
      const version = await plane.write(ctx, call, (tx) =>
        putPipeline(tx, ctx, { pipeline, source, sourceSha256: sha256(source), definition }),
      );
      return asAnswer(version);
    },

    listPipelines: async (ctx, { limit, cursor }) => {
      const after = readCursor(cursor, ByName)?.name;
      const rows = await plane.read(ctx, (tx) => tx.pipelines.list({ limit: limit + 1, after }));
      return pageFrom(rows, limit, asItem, ({ name }) => ({ name }));
    },

    findPipeline: async (ctx, { pipeline, version }) => {
      const found = await plane.read(ctx, (tx) => tx.pipelines.find(pipeline, version));
      if (!found)
        throw new DomainError({ code: 'not_found', what: 'pipeline', id: version ? `${pipeline}/versions/${version}` : pipeline });
      return asAnswer(found);
    },
  };
}

function asItem({ name, latest, createdBy, createdAt }: Pipeline) {
  return { name, latestVersion: latest, createdBy, createdAt: createdAt.toISOString() };
}

function asAnswer({ pipeline, number, source, sourceSha256, definition, createdBy, createdAt }: PipelineVersion) {
  const environments = Object.keys(definition.environments);
  return { pipeline, version: number, source, sourceSha256, environments, createdBy, createdAt: createdAt.toISOString() };
}
