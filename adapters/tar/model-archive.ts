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
  // Leaving the loop early closes the pipeline, which then complains; the loop's own error is the one that counts.
  const fed = pipeline(createReadStream(file), createGunzip(), tar).catch(() => undefined);
  try {
    for await (const entry of tar) {
      const { type, size } = entry.header;
      const name = entry.header.name.replace(/^\.\//, '');
      if (type === 'directory' && (name === '' || name === '.')) {
        entry.resume();
        continue;
      }
      names.push(name);
      const known = admit(job, name, { type: type ?? 'file', size, limits, names });
      if (files.has(known)) throw refusal(job, name, 'it is there twice');
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      files.set(known, Buffer.concat(chunks));
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw refusal(job, 'model.tar.gz', `it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  await fed;
  if (!files.has('model.onnx')) throw new DomainError({ code: 'model_missing', job, found: names });
  return files;
}

interface Found {
  readonly type: string;
  readonly size: number;
  readonly limits: ArchiveLimits;
  readonly names: readonly string[];
}

/** The known file this entry is; everything else is refused before a byte of it is read. */
function admit(job: string, name: string, { type, size, limits, names }: Found): ModelFile {
  const known = MODEL_FILES.find((one) => one === name);
  if (names.length > MAX_ENTRIES) throw refusal(job, name, `it holds more than ${MAX_ENTRIES} files`);
  if (type !== 'file') throw refusal(job, name, `it is a ${type}, not a file`);
  if (!known)
    throw refusal(
      job,
      name,
      `a model directory holds ${MODEL_FILES.join(', ')} and nothing else; other output belongs into SM_OUTPUT_DATA_DIR`,
    );
  const limit = known === 'model.onnx' ? limits.modelBytes : limits.jsonBytes;
  if (size > limit) throw new DomainError({ code: 'model_too_large', bytes: size, limit });
  return known;
}

function refusal(job: string, name: string, reason: string): DomainError {
  return new DomainError({ code: 'model_not_onnx', job, file: name.slice(0, 200), reason });
}
