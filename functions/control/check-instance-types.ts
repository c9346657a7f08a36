import { yamlDocument } from '#adapters/yaml/source-document.ts';
import { DomainError, nearest } from '#core/kernel/index.ts';
import type { PipelineDefinition, PipelineSource } from '#core/pipelines/index.ts';

/** One pipeline as a file says it, and the environments that are meant: all of them, or the one that is about to run. */
interface Asked {
  readonly source: string;
  readonly definition: PipelineSource;
  /** `undefined` is the base. */
  readonly environments: readonly (string | undefined)[];
}

/**
 * Holds a pipeline to the instance types that the stage allows.
 * @throws {DomainError} `pipeline_invalid` with the place in the file of each that it does not
 */
export function checkInstanceTypes({ source, definition, environments }: Asked, allowed: readonly string[]): void {
  const refused = environments.flatMap((environment) => {
    const instanceType = definitionOf(definition, environment)?.training.instanceType;
    return instanceType === undefined || allowed.includes(instanceType) ? [] : [{ environment, instanceType }];
  });
  if (refused.length === 0) return;
  const document = yamlDocument(source);
  // An environment that only inherits the type from the base is not at fault twice.
  const places = new Map(
    refused.map(({ environment, instanceType }) => {
      const path = [...(overrides(document.value, environment) ? ['environments', environment ?? ''] : []), 'training', 'instanceType'];
      return [path.join('.'), { path, instanceType }];
    }),
  );
  const issues = [...places].map(([name, { path, instanceType }]) => ({
    ...document.locate(path),
    path: name,
    message: `${instanceType} is not allowed in this stage; allowed are ${allowed.join(', ')}`,
    suggestion: nearest(instanceType, allowed) ?? allowed[0],
  }));
  throw new DomainError({ code: 'pipeline_invalid', issues });
}

function definitionOf({ base, environments }: PipelineSource, environment: string | undefined): PipelineDefinition | undefined {
  return environment === undefined ? base : environments[environment];
}

function overrides(file: unknown, environment: string | undefined): boolean {
  const path = environment === undefined ? [] : ['environments', environment, 'training', 'instanceType'];
  return path.length > 0 && path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), file) !== undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
