import { join } from 'node:path';
import { execa } from 'execa';
import { prepareImages } from '../local/sagemaker/images.ts';

/** Packs the tarball that a SageMaker job gets for the built-in algorithms, with the wheels that its image lacks, for the Python that the laptop's image runs. */
export async function packTrainingSource(root: string, say: (line: string) => void, clone = root): Promise<void> {
  const [image] = await prepareImages({ root, say });
  if (!image) throw new Error('the executor has no image to run training jobs in');
  say('packing the training source');
  await execa(image.python, [join(clone, 'training', 'build.py')], { cwd: clone });
}
