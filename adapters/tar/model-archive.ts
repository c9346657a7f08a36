import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { DomainError } from '#core/kernel/index.ts';

/** The only files a model directory may hold. */
export const MODEL_FILES = ['model.onnx', 'signature.json', 'profile.json', 'training.json'] as const;
export type ModelFile = (typeof MODEL_FILES)[number];

export interface ArchiveLimits {
  readonly modelBytes: number;
  readonly jsonBytes: number;
}

const MAX_ENTRIES = 64;

/**
 * Reads a job's `model.tar.gz` without ever writing a name it holds to disk.
 * @throws {DomainError} `model_not_onnx` for anything that is not one of the known files (a pickle, a link, a path out of the
 * folder), `model_too_large`, `model_missing` when it holds no model.onnx
 */
export async function readModelArchive(file: string, job: string, limits: ArchiveLimits): Promise<ReadonlyMap<ModelFile, Buffer>> {
  const files = new Map<ModelFile, Buffer>();
  const names: string[] = [];
  const tar = extract();
  const refuse = (name: string, reason: string) => new DomainError({ code: 'model_not_onnx', job, file: name.slice(0, 200), reason });
  tar.on('entry', (header, stream, next) => {
    const name = header.name.replace(/^\.\//, '');
    const finish = (error?: Error) => (error ? tar.destroy(error) : next());
    if (header.type === 'directory' && (name === '' || name === '.')) {
      stream.on('end', () => finish()).resume();
      return;
    }
    names.push(name);
    const known = MODEL_FILES.find((one) => one === name);
    const limit = known === 'model.onnx' ? limits.modelBytes : limits.jsonBytes;
    if (names.length > MAX_ENTRIES) finish(refuse(name, `it holds more than ${MAX_ENTRIES} files`));
    else if (header.type !== 'file') finish(refuse(name, `it is a ${header.type}, not a file`));
    else if (!known)
      finish(refuse(name, `a model directory holds ${MODEL_FILES.join(', ')} and nothing else; write other output to SM_OUTPUT_DATA_DIR`));
    else if (files.has(known)) finish(refuse(name, 'it is there twice'));
    else if ((header.size ?? 0) > limit) finish(new DomainError({ code: 'model_too_large', bytes: header.size ?? 0, limit }));
    else {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => void chunks.push(chunk as Buffer));
      stream.on('end', () => {
        files.set(known, Buffer.concat(chunks));
        finish();
      });
    }
  });
  try {
    await pipeline(createReadStream(file), createGunzip(), tar);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw refuse('model.tar.gz', `it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!files.has('model.onnx')) throw new DomainError({ code: 'model_missing', job, found: names });
  return files;
}
