import { type Profile, parseTrainingProfile } from '#core/drift/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import type { ModelVersion } from '#core/registry/index.ts';
import type { DriftScanDeps } from './deps.ts';

/** The version that a window is judged as, and how good its evaluation says it is at least. */
export async function judgedVersion(
  { plane }: Pick<DriftScanDeps, 'plane'>,
  ctx: Context,
  id: string,
): Promise<{ readonly version: ModelVersion; readonly aucBound: number | undefined }> {
  return plane.read(ctx, async (tx) => {
    const version = await tx.modelVersions.findById(id);
    if (!version) throw new DomainError({ code: 'not_found', what: 'model version', id });
    const evaluation = version.evaluationId ? await tx.evaluations.find(version.evaluationId) : undefined;
    return { version, aucBound: evaluation?.metrics['auc']?.low };
  });
}

/** What the version saw in training, as its job described it. */
export async function trainingProfile({ objects }: Pick<DriftScanDeps, 'objects'>, version: ModelVersion): Promise<Profile> {
  const bytes = version.profileKey ? await objects.read(version.profileKey) : undefined;
  if (!bytes) throw new DomainError({ code: 'not_found', what: 'profile.json', id: `${version.model}/versions/${version.number}` });
  return parseTrainingProfile(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
