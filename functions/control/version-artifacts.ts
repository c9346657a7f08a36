import type { ModelVersion } from '#core/registry/index.ts';
import type { ReadingDeps } from './reading-deps.ts';

/** The files of a version. Its keys name their content, so that a size and a hash never change. */
export async function versionArtifacts(
  { downloadUrl, findObject }: Pick<ReadingDeps, 'downloadUrl' | 'findObject'>,
  version: ModelVersion,
) {
  const files = [
    { name: 'model.onnx', key: version.artifactKey },
    { name: 'signature.json', key: version.signatureKey },
    { name: 'profile.json', key: version.profileKey },
    { name: 'training.json', key: version.trainingKey },
  ] as const;
  const kept = files.flatMap(({ name, key }) => (key ? [{ name, key }] : []));
  return Promise.all(
    kept.map(async ({ name, key }) => {
      const stored = await findObject(key);
      if (!stored?.sha256) throw new Error(`the artifact ${key} of ${version.model}/versions/${version.number} is gone or has no checksum`);
      return { name, sha256: stored.sha256, bytes: stored.bytes, url: await downloadUrl(key) };
    }),
  );
}
