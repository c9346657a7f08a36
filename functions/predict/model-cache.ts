import { loadOnnxModel, type OnnxModel } from '#adapters/onnx/onnx-model.ts';
import { type Arm, parseSignature, type ServedModel, type ServedModels } from '#core/serving/index.ts';

export interface ModelCacheProps {
  readonly read: (key: string) => Promise<Uint8Array | undefined>;
  /** How many bytes of model files may be in memory; a session takes two to three times its file. */
  readonly limitBytes: number;
}

interface Entry {
  readonly model: OnnxModel;
  readonly bytes: number;
}

/** Models in memory by their file: loaded once however many ask, and the one that nobody asked for longest goes first. */
export function modelCache({ read, limitBytes }: ModelCacheProps): ServedModels {
  const entries = new Map<string, Promise<Entry>>();
  const sizes = new Map<string, number>();

  async function load({ artifactKey, signatureKey }: Arm): Promise<Entry> {
    const [file, signature] = await Promise.all([need(artifactKey), need(signatureKey)]);
    if (file.byteLength > limitBytes) throw new Error(`${artifactKey} has ${file.byteLength} bytes; at most ${limitBytes} are served`);
    const model = await loadOnnxModel(file, parseSignature(JSON.parse(Buffer.from(signature).toString('utf8'))));
    return { model, bytes: file.byteLength };
  }

  async function need(key: string): Promise<Uint8Array> {
    const bytes = await read(key);
    // The key came from the routing table: the caller did nothing wrong.
    if (!bytes) throw new Error(`The routing table names ${key}, which is not in the bucket`);
    return bytes;
  }

  function makeRoom(keep: string): void {
    for (const [key, entry] of entries) {
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      if (total <= limitBytes) return;
      if (key === keep || !sizes.has(key)) continue;
      entries.delete(key);
      sizes.delete(key);
      // Not at once: whoever was handed the model in this very tick starts to use it first.
      setImmediate(() => void entry.then(({ model }) => model.close()));
    }
  }

  return {
    async load(arm): Promise<ServedModel> {
      const key = `${arm.artifactKey} ${arm.signatureKey}`;
      let loading = entries.get(key);
      if (loading) entries.delete(key);
      else {
        loading = load(arm);
        loading.then(
          ({ bytes }) => {
            sizes.set(key, bytes);
            makeRoom(key);
          },
          () => entries.delete(key),
        );
      }
      entries.set(key, loading);
      const { model } = await asDefect(loading, arm);
      return {
        signature: model.signature,
        score: async (columns, rows) => (await asDefect(model.predict(columns, rows), arm)).probabilities,
      };
    },
  };
}

/** A live model that does not work is our fault: the caller, who could do nothing about it, is not told that the request was wrong. */
async function asDefect<T>(work: Promise<T>, { artifactKey }: Arm): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`The live model ${artifactKey} does not work: ${(cause as Error).message}`, { cause });
  }
}
