import { readFile } from 'node:fs/promises';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { DomainError } from '#core/kernel/index.ts';
import type { Signature } from '#core/serving/index.ts';
import { foreignCode } from './foreign-code.ts';
import { type GivenColumn, toTensor } from './to-tensor.ts';

export interface OnnxModel {
  readonly signature: Signature;
  /** Probability of the positive class for each row, and 1 where it reaches the signature's threshold. */
  predict(columns: Readonly<Record<string, GivenColumn>>, rows: number): Promise<OnnxPrediction>;
  /** Gives the memory back once the last running prediction is done. */
  close(): Promise<void>;
}

export interface OnnxPrediction {
  readonly probabilities: Float32Array;
  readonly label: Uint8Array;
}

export interface LoadOptions {
  /** @default 1, which is best for small batches on a small machine */
  readonly threads?: number;
}

const TENSOR_TYPE = { float: 'float32', int64: 'int64', bool: 'bool', string: 'string' } as const;

/**
 * Loads a model from its bytes, or from a path to them, and checks it against its signature.
 *
 * @throws {DomainError} `model_not_onnx` when the bytes are anything but a self-contained ONNX model of standard operators,
 * `signature_invalid` when the graph's inputs or outputs are not the signature's
 */
export async function loadOnnxModel(
  model: Uint8Array | string,
  signature: Signature,
  { threads = 1 }: LoadOptions = {},
): Promise<OnnxModel> {
  const bytes = typeof model === 'string' ? await readFile(model) : model;
  const foreign = foreignCode(bytes);
  if (foreign) throw notOnnx(foreign);
  const session = await openSession(bytes, threads);
  try {
    checkInputs(session, signature);
    checkOutput(session, signature);
  } catch (error) {
    await session.release();
    throw error;
  }
  return serve(session, signature);
}

function serve(session: InferenceSession, signature: Signature): OnnxModel {
  const { probabilities: output } = signature.outputs;
  let running = 0;
  let isClosed = false;
  const releaseWhenIdle = async () => {
    if (isClosed && running === 0) await session.release();
  };
  return {
    signature,
    async predict(columns, rows) {
      if (isClosed) throw new Error('The model is closed');
      running++;
      try {
        const feeds = Object.fromEntries(signature.inputs.map((input) => [input.name, toTensor(input, columns[input.name], rows)]));
        const { [output]: pairs } = await session.run(feeds, [output]);
        return pick(pairs as Tensor, rows, signature);
      } finally {
        running--;
        await releaseWhenIdle();
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await releaseWhenIdle();
    },
  };
}

async function openSession(bytes: Uint8Array, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      executionProviders: ['cpu'],
      // Warnings about unused initialisers would be a line per cold start; errors are thrown.
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw notOnnx((error as Error).message.slice(0, 500), error);
  }
}

function checkInputs(session: InferenceSession, signature: Signature): void {
  const graph = new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'no tensor']));
  for (const { name, onnx } of signature.inputs) {
    const found = graph.get(name);
    if (found === undefined) throw unlike(`the signature names the input "${name}", which the graph does not have`);
    if (found !== TENSOR_TYPE[onnx]) throw unlike(`the graph takes "${name}" as ${found}, the signature says ${TENSOR_TYPE[onnx]}`);
    graph.delete(name);
  }
  const [forgotten] = graph.keys();
  if (forgotten !== undefined) throw unlike(`the graph needs the input "${forgotten}", which the signature does not name`);
}

function checkOutput(session: InferenceSession, { outputs }: Signature): void {
  const found = session.outputMetadata.find(({ name }) => name === outputs.probabilities);
  if (!found) throw unlike(`the graph has no output "${outputs.probabilities}"; it has ${session.outputNames.join(', ')}`);
  if (
    !found.isTensor ||
    found.type !== 'float32' ||
    (found.shape.length > 0 && found.shape.at(-1) !== 2 && typeof found.shape.at(-1) === 'number')
  )
    throw unlike(`the output "${outputs.probabilities}" must be float32 of shape [rows, 2]`);
}

/** The positive class's column of a [rows, 2] tensor. */
function pick({ data, dims }: Tensor, rows: number, { outputs, threshold }: Signature): OnnxPrediction {
  if (dims.length !== 2 || dims[0] !== rows || dims[1] !== 2)
    throw unlike(`the output "${outputs.probabilities}" has the shape [${dims.join(', ')}] for ${rows} rows`);
  const pairs = data as Float32Array;
  const probabilities = new Float32Array(rows);
  const label = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const score = pairs[2 * row + 1] as number;
    // Written so that NaN is refused too.
    if (!(score >= -1e-6 && score <= 1 + 1e-6)) throw unlike(`row ${row} has the probability ${score}`);
    const probability = Math.min(1, Math.max(0, score));
    probabilities[row] = probability;
    label[row] = probability >= threshold ? 1 : 0;
  }
  return { probabilities, label };
}

function notOnnx(reason: string, cause?: unknown): DomainError {
  return new DomainError({ code: 'model_not_onnx', file: 'model.onnx', reason }, { cause });
}

function unlike(reason: string): DomainError {
  return new DomainError({ code: 'signature_invalid', reason });
}
