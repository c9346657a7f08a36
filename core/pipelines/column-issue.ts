import { nearest } from '#core/kernel/index.ts';
import type { PipelineDefinition } from './definition.ts';
import type { DefinitionIssue } from './definition-issue.ts';

export function namesOf(schema: PipelineDefinition['schema'], type: string): string[] {
  return Object.entries(schema).flatMap(([name, column]) => (column.type === type ? [name] : []));
}

export function unknownColumn(path: DefinitionIssue['path'], name: string, known: readonly string[], what = 'column'): DefinitionIssue {
  return {
    path,
    message: `${name} is no ${what} of the schema`,
    suggestion: nearest(name, known) ?? (known.length > 0 ? `one of ${known.join(', ')}` : undefined),
  };
}
