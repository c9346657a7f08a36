import { DomainError } from '#core/kernel/index.ts';

const ONNX_OF = {
  integer: ['int64', 'float'],
  number: ['float'],
  category: ['string'],
  boolean: ['bool', 'float'],
  datetime: ['int64'],
} as const;

export type FeatureType = keyof typeof ONNX_OF;
export type OnnxType = (typeof ONNX_OF)[FeatureType][number];

/** One input of the graph. `categories` and `range` tell what training held; the graph takes other values too. */
export interface SignatureInput {
  readonly name: string;
  readonly type: FeatureType;
  readonly nullable: boolean;
  /** How the graph takes it: a nullable number travels as `float`, because only a float can say "missing" (NaN). */
  readonly onnx: OnnxType;
  readonly categories?: readonly string[];
  readonly range?: readonly [number, number];
}

/** What a model takes and gives: `signature.json`, version 1. */
export interface Signature {
  readonly version: 1;
  readonly task: 'binary_classification';
  readonly inputs: readonly SignatureInput[];
  readonly outputs: { readonly label: string; readonly probabilities: string };
  /** From this score on, a prediction is positive. */
  readonly threshold: number;
}

/** @throws {DomainError} `signature_invalid`, with the place and what was expected there */
export function parseSignature(json: unknown): Signature {
  const root = object(json, 'signature');
  if (root['version'] !== 1) refuse('version', '1', root['version']);
  if (root['task'] !== 'binary_classification') refuse('task', '"binary_classification"', root['task']);
  // Another class would turn every label and every ground truth around.
  if (root['positive'] !== true) refuse('positive', 'true: the probability is that of the target being true', root['positive']);
  if (!Array.isArray(root['inputs']) || root['inputs'].length === 0) refuse('inputs', 'a list of at least one input', root['inputs']);
  const inputs = (root['inputs'] as unknown[]).map((input, index) => parseInput(input, `inputs[${index}]`));
  refuseTwins(inputs);
  const outputs = object(root['outputs'], 'outputs');
  const threshold = root['threshold'];
  if (typeof threshold !== 'number' || !(threshold >= 0 && threshold <= 1)) refuse('threshold', 'a number from 0 to 1', threshold);
  return {
    version: 1,
    task: 'binary_classification',
    inputs,
    outputs: { label: text(outputs['label'], 'outputs.label'), probabilities: text(outputs['probabilities'], 'outputs.probabilities') },
    threshold: threshold as number,
  };
}

function parseInput(json: unknown, at: string): SignatureInput {
  const { name, type, nullable, onnx, categories, range } = object(json, at);
  if (typeof name !== 'string' || !/^[^\p{Cc}.$][^\p{Cc}.]{0,127}$/u.test(name))
    refuse(`${at}.name`, 'a name of 1 to 128 characters without dots, not starting with $', name);
  if (typeof type !== 'string' || !Object.hasOwn(ONNX_OF, type)) refuse(`${at}.type`, `one of ${Object.keys(ONNX_OF).join(', ')}`, type);
  if (typeof nullable !== 'boolean') refuse(`${at}.nullable`, 'true or false', nullable);
  const allowed: readonly unknown[] = ONNX_OF[type as FeatureType].filter(
    (each) => !nullable || type === 'datetime' || (each !== 'int64' && each !== 'bool'),
  );
  if (!allowed.includes(onnx)) refuse(`${at}.onnx`, `${allowed.join(' or ')} for the type ${type}${nullable ? ', nullable' : ''}`, onnx);
  if (categories !== undefined && !(Array.isArray(categories) && categories.every((each) => typeof each === 'string')))
    refuse(`${at}.categories`, 'a list of strings', categories);
  if (range !== undefined && !isRange(range)) refuse(`${at}.range`, '[min, max]', range);
  return {
    name: name as string,
    type: type as FeatureType,
    nullable: nullable as boolean,
    onnx: onnx as OnnxType,
    ...(categories === undefined ? {} : { categories: categories as string[] }),
    ...(range === undefined ? {} : { range: range as [number, number] }),
  };
}

/** Columns of a prediction log are told apart without regard to case, so inputs must be as well. */
function refuseTwins(inputs: readonly SignatureInput[]): void {
  const seen = new Set<string>();
  for (const { name } of inputs) {
    if (seen.has(name.toLowerCase())) refuse('inputs', 'names that differ in more than case', name);
    seen.add(name.toLowerCase());
  }
}

function isRange(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, 'an object', value);
  return value as Record<string, unknown>;
}

function text(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '') refuse(at, 'a name', value);
  return value as string;
}

function refuse(at: string, expected: string, found: unknown): never {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 80);
  throw new DomainError({ code: 'signature_invalid', reason: `${at} must be ${expected}; found ${shown}` });
}
