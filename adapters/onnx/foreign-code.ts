import { protobufFields } from './protobuf-fields.ts';

/** Field numbers of onnx.proto, of the messages that can hold a tensor or name operators. */
const MODEL = { irVersion: 1, graph: 7, opsetImport: 8, trainingInfo: 20, functions: 25 } as const;
const OPSET = { domain: 1 } as const;
const GRAPH = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const NODE = { attribute: 5 } as const;
const FUNCTION = { node: 7, opsetImport: 9, attributeProto: 11 } as const;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparseTensor: 22, sparseTensors: 23 } as const;
const SPARSE = { values: 1, indices: 2 } as const;
const TENSOR = { externalData: 13, dataLocation: 14 } as const;

const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
const DEEPEST = 32;

/**
 * A model file is data: it may use the operators of the standard, and every number must be in the file. Refused are operators
 * of other domains (they need a library of native code) and tensors kept in other files (a path that the model chooses).
 *
 * @returns why the file is refused; `undefined` when it may be loaded
 */
export function foreignCode(model: Uint8Array): string | undefined {
  if (isPickle(model))
    return 'it is a Python pickle, which is code and never loaded: export the model to ONNX, with skl2onnx or another converter';
  try {
    return inModel(model);
  } catch (error) {
    if (error instanceof RangeError) return `it is not an ONNX file: ${error.message}`;
    throw error;
  }
}

/** Protocols 2 to 5 say so in their first two bytes; an ONNX file begins with its version field. */
function isPickle(file: Uint8Array): boolean {
  const [mark, protocol = 0] = file;
  return mark === 0x80 && protocol >= 2 && protocol <= 5;
}

function inModel(model: Uint8Array): string | undefined {
  let hasVersion = false;
  let hasGraph = false;
  for (const { number, bytes } of protobufFields(model)) {
    if (number === MODEL.irVersion) hasVersion = true;
    if (number === MODEL.trainingInfo) return 'it holds training steps';
    if (!bytes) continue;
    if (number === MODEL.graph) hasGraph = true;
    const reason =
      number === MODEL.graph
        ? inGraph(bytes, 0)
        : number === MODEL.functions
          ? inFunction(bytes)
          : number === MODEL.opsetImport
            ? inOpset(bytes)
            : undefined;
    if (reason) return reason;
  }
  return hasVersion && hasGraph ? undefined : 'it is not an ONNX file: it has no graph';
}

function inOpset(opset: Uint8Array): string | undefined {
  for (const { number, bytes } of protobufFields(opset)) {
    if (number !== OPSET.domain || !bytes) continue;
    const domain = new TextDecoder().decode(bytes);
    if (!DOMAINS.has(domain)) return `it uses operators of "${domain.slice(0, 60)}"; only those of ai.onnx and ai.onnx.ml are taken`;
  }
  return undefined;
}

function inFunction(code: Uint8Array): string | undefined {
  return first(code, (number, bytes) => {
    if (number === FUNCTION.node) return inNode(bytes, 0);
    if (number === FUNCTION.attributeProto) return inAttribute(bytes, 0);
    return number === FUNCTION.opsetImport ? inOpset(bytes) : undefined;
  });
}

function inGraph(graph: Uint8Array, depth: number): string | undefined {
  if (depth > DEEPEST) return `its graphs are nested more than ${DEEPEST} deep`;
  return first(graph, (number, bytes) => {
    if (number === GRAPH.node) return inNode(bytes, depth);
    if (number === GRAPH.initializer) return inTensor(bytes);
    return number === GRAPH.sparseInitializer ? inSparse(bytes) : undefined;
  });
}

function inNode(node: Uint8Array, depth: number): string | undefined {
  return first(node, (number, bytes) => (number === NODE.attribute ? inAttribute(bytes, depth) : undefined));
}

function inAttribute(attribute: Uint8Array, depth: number): string | undefined {
  return first(attribute, (number, bytes) => {
    if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) return inTensor(bytes);
    if (number === ATTRIBUTE.graph || number === ATTRIBUTE.graphs) return inGraph(bytes, depth + 1);
    return number === ATTRIBUTE.sparseTensor || number === ATTRIBUTE.sparseTensors ? inSparse(bytes) : undefined;
  });
}

function inSparse(tensor: Uint8Array): string | undefined {
  return first(tensor, (number, bytes) => (number === SPARSE.values || number === SPARSE.indices ? inTensor(bytes) : undefined));
}

function inTensor(tensor: Uint8Array): string | undefined {
  for (const { number, varint } of protobufFields(tensor)) {
    if (number === TENSOR.externalData || (number === TENSOR.dataLocation && varint !== 0)) return 'it keeps numbers in another file';
  }
  return undefined;
}

function first(message: Uint8Array, look: (number: number, bytes: Uint8Array) => string | undefined): string | undefined {
  for (const { number, bytes } of protobufFields(message)) {
    const reason = bytes && look(number, bytes);
    if (reason) return reason;
  }
  return undefined;
}
