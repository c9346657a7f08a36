import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { pythonEnvironment } from '../python-environment.ts';
import { runTool } from '../run-tool.ts';

const TOOLKIT = 'sagemaker-training==5.1.4';
const IMAGES = join(import.meta.dirname, 'images');

const ImageManifest = z.strictObject({
  name: z.string(),
  /** Regular expressions of the image URIs that this environment stands for. */
  uris: z.array(z.string()),
  example: z.string(),
  /** The Python of AWS's image. */
  python: z.string(),
  carries: z.string(),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

/** The environment that stands for an image: what a job's own environment is laid over. */
export interface ImageEnvironment {
  readonly manifest: ImageManifest;
  readonly python: string;
  /** The machine's version, as in 3.11.7. */
  readonly version: string;
  readonly home: string;
  readonly sitePackages: string;
  readonly toolkit: string;
}

export async function imageManifests(): Promise<readonly ImageManifest[]> {
  const names = (await readdir(IMAGES)).sort();
  return Promise.all(names.map(async (name) => ImageManifest.parse(JSON.parse(await readFile(join(IMAGES, name, 'image.json'), 'utf8')))));
}

export function matchImage(manifests: readonly ImageManifest[], uri: string): ImageManifest | undefined {
  return manifests.find((manifest) => manifest.uris.some((pattern) => new RegExp(pattern).test(uri)));
}

export interface PrepareImageProps {
  readonly manifest: ImageManifest;
  /** The repository's root. */
  readonly root: string;
  readonly say: (line: string) => void;
  /** Aborted, it ends an installation and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes the image's Python environment, or finds it made. */
export async function prepareImage({ manifest, root, say, signal }: PrepareImageProps): Promise<ImageEnvironment> {
  const requirements = join(IMAGES, manifest.name, 'requirements.txt');
  const { python } = await pythonEnvironment({ name: manifest.name, requirements, root, say, signal });
  const toolkit = await installToolkit(python, join(root, '.sluice', 'venvs', manifest.name), signal);
  const script =
    'import json,os,sys,sysconfig; print(json.dumps([sys.version.split()[0], os.path.dirname(sys._base_executable), sysconfig.get_path("purelib")]))';
  const { stdout } = await execa(python, ['-c', script]);
  const [version = '', home = '', sitePackages = ''] = JSON.parse(stdout) as string[];
  return { manifest, python, version, home, sitePackages, toolkit };
}

/** Makes every image's environment, one after the other; for a set-up that wants the first job to start at once. */
export async function prepareImages(props: Omit<PrepareImageProps, 'manifest'>): Promise<readonly ImageEnvironment[]> {
  const prepared: ImageEnvironment[] = [];
  for (const manifest of await imageManifests()) prepared.push(await prepareImage({ ...props, manifest }));
  return prepared;
}

/**
 * Installed beside the lock and not through it: the toolkit asks for a newer protobuf than the images pin, and its package
 * compiles an extension that single-instance jobs never load. `python/gethostname.py` stands in for that one, so that
 * no compiler is needed.
 */
async function installToolkit(python: string, environment: string, signal: AbortSignal | undefined): Promise<string> {
  const folder = join(environment, TOOLKIT);
  if (await stat(folder).catch(() => undefined)) return folder;
  const making = `${folder}.${process.pid}`;
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--target', making];
  try {
    await runTool(python, ['-m', 'pip', 'install', ...options, TOOLKIT], signal, { CC: 'true', LDSHARED: 'true' });
  } catch (error) {
    signal?.throwIfAborted();
    const detail = String((error as { stderr?: string }).stderr ?? error);
    throw new Error(`${TOOLKIT} could not be installed: ${detail.trim().slice(-800)}`, { cause: error });
  }
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
  return folder;
}
