import { describe, expect, it } from 'vitest';
import { yamlDocument } from '#adapters/yaml/source-document.ts';
import { readPipelineFile } from '#api/read-pipeline-file.ts';
import { DomainError, type SourceIssue } from '#core/kernel/index.ts';
import { checkInstanceTypes } from './check-instance-types.ts';

const ALLOWED = ['ml.m5.large', 'ml.m5.xlarge'];

function file(base: string, production?: string): string {
  return [
    'pipeline: delays',
    'dataset: delays',
    'schema:',
    '  distance: { type: integer }',
    '  late: { type: boolean, role: target }',
    'split: { by: random }',
    'training:',
    '  algorithm: gradient_boosting',
    `  instanceType: ${base}`,
    'deployment: { model: delays }',
    'environments:',
    `  production: ${production === undefined ? '{ description: the same }' : `{ training: { instanceType: ${production} } }`}`,
  ].join('\n');
}

function issuesOf(source: string, environments: readonly (string | undefined)[]): readonly SourceIssue[] {
  const definition = readPipelineFile(yamlDocument(source), 'delays');
  try {
    checkInstanceTypes({ source, definition, environments }, ALLOWED);
    return [];
  } catch (error) {
    if (error instanceof DomainError && error.failure.code === 'pipeline_invalid') return error.failure.issues;
    throw error;
  }
}

const BASE = { line: 9, path: 'training.instanceType' };
const PRODUCTION = { line: 12, path: 'environments.production.training.instanceType' };

describe('checkInstanceTypes', () => {
  it.each([
    { name: 'an allowed one everywhere', source: file('ml.m5.large', 'ml.m5.xlarge'), environments: [undefined, 'production'], issues: [] },
    { name: 'a refused base', source: file('ml.p5.48xlarge', 'ml.m5.large'), environments: [undefined, 'production'], issues: [BASE] },
    {
      name: 'a refused environment',
      source: file('ml.m5.large', 'ml.g5.xlarge'),
      environments: [undefined, 'production'],
      issues: [PRODUCTION],
    },
    { name: 'both', source: file('ml.g5.large', 'ml.g5.xlarge'), environments: [undefined, 'production'], issues: [BASE, PRODUCTION] },
    { name: 'one that is inherited, once', source: file('ml.g5.large'), environments: [undefined, 'production'], issues: [BASE] },
    { name: 'the environment alone that runs', source: file('ml.g5.large', 'ml.m5.large'), environments: ['production'], issues: [] },
    { name: 'what that environment inherits', source: file('ml.g5.large'), environments: ['production'], issues: [BASE] },
    {
      name: 'an environment that is not there, which is refused elsewhere',
      source: file('ml.g5.large'),
      environments: ['staging'],
      issues: [],
    },
  ])('finds $name', ({ source, environments, issues }) => {
    expect(issuesOf(source, environments)).toEqual(issues.map((issue) => expect.objectContaining(issue)));
  });

  it('says what is allowed, and what was likely meant', () => {
    const [issue] = issuesOf(file('ml.m5.xxlarge'), [undefined]);
    expect(issue?.message).toBe('ml.m5.xxlarge is not allowed in this stage; allowed are ml.m5.large, ml.m5.xlarge');
    expect(issue?.suggestion).toBe('ml.m5.xlarge');
  });
});
