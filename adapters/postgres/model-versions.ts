import type { Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { DomainError } from '#core/kernel/index.ts';
import type { ModelVersions } from '#core/registry/index.ts';
import { objectOf } from './object-of.ts';
import type { Tables } from './tables.ts';

export function postgresModelVersions(trx: Transaction<Tables>): ModelVersions {
  const versions = () =>
    trx
      .selectFrom('model_version')
      .innerJoin('model', 'model.id', 'model_version.model_id')
      .select([
        'model_version.id',
        'model_version.model_id as modelId',
        'model.name as model',
        'model_version.number',
        'model_version.label',
        'model_version.description',
        'model_version.stage',
        'model_version.deployment_status as deploymentStatus',
        'model_version.run_id as runId',
        'model_version.execution_id as executionId',
        'model_version.dataset_version_id as datasetVersionId',
        'model_version.evaluation_id as evaluationId',
        'model_version.artifact_key as artifactKey',
        'model_version.artifact_sha256 as artifactSha256',
        'model_version.artifact_bytes as artifactBytes',
        'model_version.signature_key as signatureKey',
        'model_version.profile_key as profileKey',
        'model_version.training_key as trainingKey',
        'model_version.signature',
        'model_version.revision',
        'model_version.created_by as createdBy',
        'model_version.created_at as createdAt',
        'model_version.updated_at as updatedAt',
      ])
      .select(({ selectFrom }) => [
        objectOf(
          selectFrom('model_version_tag').select(['key', 'value']).whereRef('model_version_tag.model_version_id', '=', 'model_version.id'),
        ).as('tags'),
      ]);
  const byId = (id: string) => versions().where('model_version.id', '=', id);
  return {
    async add(modelId, version, createdBy, now) {
      const { id } = await trx
        .insertInto('model_version')
        .values(({ selectFrom, fn, lit }) => ({
          id: uuidv7(),
          model_id: modelId,
          number: selectFrom('model_version')
            .select(({ eb }) => eb(fn.coalesce(fn.max('number'), lit(0)), '+', 1).as('next'))
            .where('model_id', '=', modelId),
          label: version.label ?? null,
          description: version.description ?? '',
          run_id: version.runId,
          execution_id: version.executionId,
          dataset_version_id: version.datasetVersionId,
          evaluation_id: version.evaluationId,
          artifact_key: version.artifactKey,
          artifact_sha256: version.artifactSha256,
          artifact_bytes: version.artifactBytes,
          signature_key: version.signatureKey,
          profile_key: version.profileKey,
          training_key: version.trainingKey,
          signature: JSON.stringify(version.signature),
          created_by: createdBy,
          created_at: now,
          updated_at: now,
        }))
        .returning('id')
        .executeTakeFirstOrThrow();
      return byId(id).executeTakeFirstOrThrow();
    },
    find: (model, number) => versions().where('model.name', '=', model).where('model_version.number', '=', number).executeTakeFirst(),
    findById: (id) => byId(id).executeTakeFirst(),
    ofExecution: (modelId, execution) =>
      versions().where('model_version.model_id', '=', modelId).where('model_version.execution_id', '=', execution).executeTakeFirst(),
    list: (model, { limit, before }) =>
      versions()
        .where('model.name', '=', model)
        .$if(before !== undefined, (query) => query.where('model_version.number', '<', before ?? 0))
        .orderBy('model_version.number', 'desc')
        .limit(limit)
        .execute(),
    live: (modelId) =>
      versions().where('model_version.model_id', '=', modelId).where('model_version.deployment_status', '=', 'live').executeTakeFirst(),
    async move(at, { stage = at.stage, deploymentStatus = at.deploymentStatus }, now) {
      const moved = await trx
        .updateTable('model_version')
        .set({ stage, deployment_status: deploymentStatus, revision: at.revision + 1, updated_at: now })
        .where('id', '=', at.id)
        .where('revision', '=', at.revision)
        .returning('revision')
        .executeTakeFirst();
      if (!moved) throw new DomainError({ code: 'moved_meanwhile', revision: at.revision });
      return { ...at, stage, deploymentStatus, revision: moved.revision, updatedAt: now };
    },
    async setTags(at, tags, now) {
      const moved = await this.move(at, {}, now);
      await trx.deleteFrom('model_version_tag').where('model_version_id', '=', at.id).execute();
      const rows = Object.entries(tags).map(([key, value]) => ({ model_version_id: at.id, key, value }));
      if (rows.length > 0) await trx.insertInto('model_version_tag').values(rows).execute();
      return { ...moved, tags };
    },
  };
}
