import * as z from 'zod';
import { DomainError, nearest, type SourceIssue } from '#core/kernel/index.ts';
import { checkDefinition, type PipelineDefinition, type PipelineSource, type SourceDocument } from '#core/pipelines/index.ts';
import { PipelineFile } from './pipeline-file.ts';

type Path = readonly (string | number)[];
interface Found {
  readonly path: Path;
  readonly message: string;
  readonly suggestion?: string | undefined;
  readonly at?: 'key' | 'value';
}

/**
 * Reads a `pipeline.yaml` with every environment it names, each checked after its overrides are laid over the base.
 * @throws {DomainError} `pipeline_invalid` with every mistake found: line, column, path and, where one is likely, what was meant
 */
export function readPipelineFile(document: SourceDocument, name: string): PipelineSource {
  if (document.errors.length > 0) {
    throw new DomainError({ code: 'pipeline_invalid', issues: document.errors.map((error) => ({ ...error, path: '' })) });
  }
  if (!isRecord(document.value))
    throw invalid(document, [{ path: [], message: 'a pipeline file is a mapping', suggestion: `pipeline: ${name}` }]);
  const { environments, ...base } = document.value;
  const issues: SourceIssue[] = [];
  const read = (value: unknown, home: (path: Path) => Path): PipelineDefinition | undefined => {
    const parsed = PipelineFile.safeParse(value);
    const found = parsed.success ? checkDefinition(parsed.data) : foundBy(parsed.error.issues, value);
    issues.push(...found.map((issue) => placed(document, { ...issue, path: home(issue.path) })));
    return parsed.success ? parsed.data : undefined;
  };
  const definition = read(base, (path) => path);
  if (definition && definition.pipeline !== name) {
    const message = `the file says pipeline ${definition.pipeline}, it was sent to ${name}`;
    issues.push(placed(document, { path: ['pipeline'], message, suggestion: name }));
  }
  const overridden: Record<string, PipelineDefinition> = {};
  // Overrides of a broken base would only repeat its mistakes.
  if (issues.length === 0 && environments !== undefined) {
    if (!isRecord(environments))
      throw invalid(document, [{ path: ['environments'], message: 'environments is a mapping of names to overrides' }]);
    for (const [environment, override] of Object.entries(environments)) {
      const path = ['environments', environment];
      const refusal = refusalOf(environment, override);
      if (refusal) issues.push(placed(document, { path, message: refusal }));
      else {
        const result = read(merged(base, override), (inner) => (has(override, inner) ? [...path, ...inner] : inner));
        if (result) overridden[environment] = result;
      }
    }
  }
  if (issues.length > 0 || !definition) throw new DomainError({ code: 'pipeline_invalid', issues: unique(issues) });
  return { base: definition, environments: overridden };
}

function refusalOf(environment: string, override: unknown): string | undefined {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(environment)) return 'an environment is named by a–z, 0–9 and "-", and begins with a letter';
  if (!isRecord(override)) return 'an environment is a mapping of what differs from the base';
  return 'pipeline' in override ? 'an environment cannot rename its pipeline' : undefined;
}

/** Mappings merge key by key; everything else, lists too, is replaced as a whole. */
function merged(base: unknown, override: unknown): unknown {
  if (!isRecord(base) || !isRecord(override)) return override;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override)) result[key] = key in base ? merged(base[key], value) : value;
  return result;
}

function foundBy(issues: readonly z.core.$ZodIssue[], value: unknown): Found[] {
  return issues.flatMap((issue): Found[] => {
    const path = issue.path as Path;
    switch (issue.code) {
      case 'unrecognized_keys': {
        const known = keysAt(path, value);
        return issue.keys.map((key) => ({
          path: [...path, key],
          message: `unknown key ${key}`,
          suggestion: suggestionFor(key, known),
          at: 'key',
        }));
      }
      case 'invalid_value':
        return [
          {
            path,
            message: `${quoted(valueAt(value, path))} is not allowed here`,
            suggestion: suggestionFor(String(valueAt(value, path)), issue.values.map(String)),
          },
        ];
      case 'invalid_type':
        return [
          {
            path,
            message:
              valueAt(value, path) === undefined
                ? 'this key is missing'
                : `expected ${issue.expected}, found ${quoted(valueAt(value, path))}`,
          },
        ];
      case 'invalid_union':
        return unionFound(path, issue, value);
      default:
        return [{ path, message: issue.message }];
    }
  });
}

/** Of a union the branch that was most likely meant: the one with the fewest complaints. */
function unionFound(path: Path, issue: z.core.$ZodIssueInvalidUnion, value: unknown): Found[] {
  if (issue.errors.length === 0) {
    const written = valueAt(value, path);
    return [
      { path, message: `${quoted(written)} is not allowed here`, suggestion: issue.discriminator === 'by' ? 'time or random' : undefined },
    ];
  }
  const scored = issue.errors.map((branch) => ({
    branch,
    wrongKeys: branch.filter((one) => one.path.length === 0).length,
    all: branch.length,
  }));
  scored.sort((a, b) => a.wrongKeys - b.wrongKeys || a.all - b.all);
  const best = scored[0]?.branch ?? [];
  return foundBy(
    best.map((one) => ({ ...one, path: [...path, ...one.path] }) as z.core.$ZodIssue),
    value,
  );
}

function suggestionFor(written: string, known: readonly string[]): string | undefined {
  return nearest(written, known) ?? (known.length > 0 && known.length <= 16 ? `one of ${known.join(', ')}` : undefined);
}

/** The keys the schema knows at a path, found by walking it the way the value does. */
function keysAt(path: Path, value: unknown): string[] {
  let schema: z.core.$ZodType | undefined = PipelineFile;
  for (const [depth, part] of path.entries()) schema = child(schema, part, valueAt(value, path.slice(0, depth)));
  const shape = shapeOf(schema, valueAt(value, path));
  const keys = shape ? Object.keys(shape) : [];
  return path.length === 0 ? [...keys, 'environments'] : keys;
}

function child(schema: z.core.$ZodType | undefined, part: string | number, value: unknown): z.core.$ZodType | undefined {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodRecord) return inner.valueType as z.core.$ZodType;
  if (inner instanceof z.ZodArray) return inner.element as z.core.$ZodType;
  return shapeOf(inner, value)?.[String(part)];
}

function shapeOf(schema: z.core.$ZodType | undefined, value: unknown): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (!(inner instanceof z.ZodUnion)) return undefined;
  const shapes = inner.options.map((option) => shapeOf(option as z.core.$ZodType, value) ?? {});
  const written = isRecord(value) ? value : {};
  const meant = shapes.find((shape) => shape['by'] instanceof z.ZodLiteral && shape['by'].value === written['by']);
  return meant ?? Object.assign({}, ...shapes);
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap() as z.core.$ZodType);
  }
  return schema;
}

function placed(document: SourceDocument, { path, message, suggestion, at }: Found): SourceIssue {
  return { ...document.locate(path, at ?? 'value'), path: path.join('.'), message, ...(suggestion === undefined ? {} : { suggestion }) };
}

function invalid(document: SourceDocument, found: readonly Found[]): DomainError {
  return new DomainError({ code: 'pipeline_invalid', issues: found.map((one) => placed(document, one)) });
}

function unique(issues: readonly SourceIssue[]): SourceIssue[] {
  const seen = new Map(issues.map((issue) => [`${issue.path} ${issue.message}`, issue]));
  return [...seen.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

function has(value: unknown, path: Path): boolean {
  return path.length > 0 && valueAt(value, path) !== undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[part] : undefined),
    value,
  );
}

function quoted(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
