import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface LayerFiles {
  readonly name: string;
  /** Becomes `/opt` of the functions that wear it. */
  readonly folder: string;
  /** Changes with the packages' versions and with the list of what is kept, and with nothing else. */
  readonly hash: string;
  readonly description: string;
  readonly bytes: number;
}

/** `layers/<name>/layer.json`: which parts of which packages a function needs at run time. */
interface Manifest {
  readonly description: string;
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

/** Lays out every layer under `.sluice/layers`, from the packages that npm installed; one that is there already is left alone. */
export function layerFiles(root: string): Readonly<Record<string, LayerFiles>> {
  const names = readdirSync(join(root, 'layers'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return Object.fromEntries(names.map(({ name }) => [name, layOut(root, name)]));
}

function layOut(root: string, name: string): LayerFiles {
  const source = join(root, 'layers', name);
  const text = readFileSync(join(source, 'layer.json'), 'utf8');
  const manifest: Manifest = JSON.parse(text);
  const versions = Object.keys(manifest.packages).map((id) => `${id}@${versionOf(root, id)}`);
  const hash = createHash('sha256')
    .update([text, ...versions].join('\n'))
    .digest('hex')
    .slice(0, 32);
  const folder = join(root, '.sluice', 'layers', `${name}-${hash}`);
  if (!existsSync(folder)) copy(root, source, manifest, folder);
  return { name, folder, hash, description: `${manifest.description} (${versions.join(', ')})`, bytes: bytesOf(folder) };
}

function copy(root: string, source: string, manifest: Manifest, folder: string): void {
  const unfinished = `${folder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const [id, parts] of Object.entries(manifest.packages)) {
    for (const part of parts) {
      const from = join(root, 'node_modules', id, part);
      if (!existsSync(from))
        throw new Error(`The layer in ${source} wants ${part} of the package ${id}, which is not installed. Run npm ci on linux-x64.`);
      cpSync(from, join(unfinished, 'nodejs', 'node_modules', id, part), { recursive: true });
    }
  }
  const licences = join(source, 'licences');
  if (existsSync(licences)) cpSync(licences, join(unfinished, 'licences'), { recursive: true });
  mkdirSync(join(folder, '..'), { recursive: true });
  // Two synths at once: whoever comes second keeps the first one's copy.
  if (existsSync(folder)) rmSync(unfinished, { recursive: true, force: true });
  else renameSync(unfinished, folder);
}

function versionOf(root: string, id: string): string {
  const file = join(root, 'node_modules', id, 'package.json');
  if (!existsSync(file)) throw new Error(`A layer needs the package ${id}, which is not installed. Run npm ci.`);
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}

function bytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
