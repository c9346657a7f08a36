import type { ModelVersion } from '#core/registry/index.ts';
import { parseSignature, type Signature } from '#core/serving/index.ts';
import type { BatchStepDeps } from './deps.ts';

/** What the version takes: the file that is served with it. */
export async function signatureOf(
  { objects }: Pick<BatchStepDeps, 'objects'>,
  { signatureKey }: Pick<ModelVersion, 'signatureKey'>,
): Promise<Signature> {
  const bytes = await objects.read(signatureKey);
  if (!bytes) throw new Error(`the registry names ${signatureKey}, which is not in the bucket`);
  return parseSignature(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
