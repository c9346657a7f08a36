import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './config.ts';

/**
 * The source tarball carries wheels for one Python, and only the stage knows which one its images run: wheels for another would
 * fail in every job, long after the deployment.
 */
export function checkTrainingSource(root: string, { stage, trainingPython }: Pick<Settings, 'stage' | 'trainingPython'>): void {
  if (trainingPython === undefined) return;
  const found = packedFor(join(root, 'training', 'dist', 'sourcedir.tar.json'));
  if (found === trainingPython) return;
  throw new Error(
    `The training source is ${found === undefined ? 'not packed' : `packed for Python ${found}`}, but the images of stage ${stage} run Python ${trainingPython}. ` +
      `Pack it first: python3 training/build.py --python-version ${trainingPython}`,
  );
}

function packedFor(file: string): string | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).python;
  } catch {
    return undefined;
  }
}
