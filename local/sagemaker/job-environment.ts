import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageEnvironment } from './images.ts';

const MODULES = join(import.meta.dirname, 'python');

/**
 * A virtual environment of the job's own, laid over the image's: what the toolkit installs from the job's requirements.txt
 * lands here and goes with the job. Written by hand because `python -m venv` takes longer than everything else at the start.
 */
export async function makeJobEnvironment(folder: string, image: ImageEnvironment): Promise<string> {
  const [major, minor] = image.version.split('.');
  const packages = join(folder, 'lib', `python${major}.${minor}`, 'site-packages');
  const bin = join(folder, 'bin');
  await Promise.all([mkdir(packages, { recursive: true }), mkdir(bin, { recursive: true })]);
  await writeFile(join(folder, 'pyvenv.cfg'), `home = ${image.home}\ninclude-system-site-packages = false\nversion = ${image.version}\n`);
  await writeFile(join(packages, 'image.pth'), `${[image.sitePackages, image.toolkit, MODULES].join('\n')}\n`);
  const python = join(bin, 'python');
  await symlink(image.python, python);
  await symlink(python, join(bin, 'python3'));
  return python;
}
