import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { yamlDocument } from '#adapters/yaml/source-document.ts';
import { DomainError } from '#core/kernel/index.ts';
import { compilePlan } from '#core/pipelines/index.ts';
import { readPipelineFile } from './read-pipeline-file.ts';

const FLIGHTS = readFileSync(new URL('../examples/flights/pipeline.yaml', import.meta.url), 'utf8');

const SMALL = `pipeline: small
dataset: rows
schema:
  day: { type: datetime }
  size: { type: integer }
  good: { type: boolean, role: target }
split:
  by: time
  column: day
  trainUntil: 2001-03-01
  validationUntil: 2001-03-15
training:
  algorithm: gradient_boosting
deployment:
  model: small
`;

function read(source: string, name = 'small') {
  return readPipelineFile(yamlDocument(source), name);
}

function issuesOf(source: string, name?: string) {
  try {
    read(source, name);
  } catch (error) {
    if (error instanceof DomainError && error.failure.code === 'pipeline_invalid') return error.failure.issues;
    throw error;
  }
  return [];
}

describe('a pipeline file', () => {
  it('of the example compiles to a plan with nothing left open', () => {
    const plan = compilePlan(read(FLIGHTS, 'flights'));
    expect(plan).toMatchObject({
      version: 1,
      environment: null,
      split: { by: 'time', column: 'date', testDays: 17, validationDays: 14, trainDays: 60 },
      quality: { missing: 0.01 },
      approval: { required: true, timeoutHours: 72 },
      deployment: { model: 'flights', alias: 'champion', strategy: 'canary' },
    });
    expect(plan.columns.map((column) => [column.name, column.role])).toEqual([
      ['date', 'feature'],
      ['distance', 'feature'],
      ['origin', 'feature'],
      ['destination', 'feature'],
      ['late', 'target'],
    ]);
    expect(plan.gates.map((gate) => gate.name)).toEqual([
      'auc at least',
      'log_loss at most',
      'ece at most',
      'auc no worse than champion',
      'log_loss no worse than champion',
    ]);
  });

  it('gives each environment its own settings over the base', () => {
    const source = read(
      `${SMALL}environments:\n  prod:\n    training: { seed: 9, hyperparameters: { max_iter: 5 } }\n    gates: [{ metric: auc, atLeast: 0.7 }]\n`,
    );
    expect(compilePlan(source, 'prod')).toMatchObject({
      environment: 'prod',
      training: { algorithm: 'gradient_boosting', seed: 9 },
      gates: [{ metric: 'auc' }],
    });
    expect(compilePlan(source)).toMatchObject({ environment: null, training: { seed: 7, hyperparameters: {} }, gates: [] });
    expect(() => compilePlan(source, 'prd')).toThrow(/did you mean prod/);
  });

  it('reads a split by dates as UTC', () =>
    expect(compilePlan(read(SMALL)).split).toMatchObject({
      trainUntil: '2001-03-01T00:00:00.000Z',
      validationUntil: '2001-03-15T00:00:00.000Z',
    }));

  it('splits by days counted back, and asks for no worse than the champion', () => {
    const days = SMALL.replace(
      '  trainUntil: 2001-03-01\n  validationUntil: 2001-03-15',
      '  validationDays: 7\n  testDays: 14\n  trainDays: 90',
    );
    const plan = compilePlan(read(`${days}gates:\n  - { metric: auc, noWorseThan: champion, margin: 0.005 }\n`));
    expect(plan.split).toEqual({ by: 'time', column: 'day', validationDays: 7, testDays: 14, trainDays: 90 });
    expect(plan.gates).toEqual([
      { metric: 'auc', noWorseThan: 'champion', margin: 0.005, on: 'bound', name: 'auc no worse than champion' },
    ]);
  });

  it('takes prepare steps and the columns they make', () => {
    const prepared = SMALL.replace('good: { type: boolean, role: target }', 'delay: { type: integer, role: ignore }').replace(
      'split:',
      'prepare:\n  - keep: { column: size, atLeast: 1 }\n  - derive: { column: good, from: delay, atMost: 14, role: target }\nsplit:',
    );
    expect(compilePlan(read(prepared)).columns.at(-1)).toEqual({
      name: 'good',
      type: 'boolean',
      role: 'target',
      nullable: false,
      maxMissing: 0.01,
      derived: true,
    });
  });

  it.each<{ name: string; source: string; issue: object }>([
    { name: 'broken YAML', source: `${SMALL}gates: [`, issue: { line: 16, column: 9, path: '' } },
    { name: 'a list', source: '- a\n', issue: { line: 1, column: 1, message: 'a pipeline file is a mapping' } },
    {
      name: 'an unknown key',
      source: SMALL.replace('training:', 'trainnig:'),
      issue: { line: 12, column: 1, path: 'trainnig', message: 'unknown key trainnig', suggestion: 'training' },
    },
    {
      name: 'an unknown key inside',
      source: SMALL.replace('trainUntil:', 'trainUntill:'),
      issue: { line: 10, column: 3, path: 'split.trainUntill', suggestion: 'trainUntil' },
    },
    { name: 'a missing key', source: SMALL.replace('dataset: rows\n', ''), issue: { path: 'dataset', message: 'this key is missing' } },
    {
      name: 'a wrong type of column',
      source: SMALL.replace('type: integer', 'type: interger'),
      issue: { line: 5, column: 17, path: 'schema.size.type', suggestion: 'integer' },
    },
    {
      name: 'an algorithm nobody has',
      source: SMALL.replace('gradient_boosting', 'gradient_bosting'),
      issue: { line: 13, column: 14, suggestion: 'gradient_boosting' },
    },
    {
      name: 'a hyperparameter nobody has',
      source: SMALL.replace('gradient_boosting\n', 'gradient_boosting\n  hyperparameters: { learning_rte: 1 }\n'),
      issue: { line: 14, column: 36, path: 'training.hyperparameters.learning_rte', suggestion: 'learning_rate' },
    },
    {
      name: 'a hyperparameter longer than SageMaker takes',
      source: SMALL.replace(
        'algorithm: gradient_boosting\n',
        `source: { sha256: ${'a'.repeat(64)}, entryPoint: train.py }\n  hyperparameters: { words: ${'x'.repeat(2499)} }\n`,
      ),
      issue: { line: 14, path: 'training.hyperparameters.words', message: expect.stringContaining('2501 characters') },
    },
    {
      name: 'more features than SageMaker takes, the derived ones among them',
      source: `${SMALL}prepare:\n${Array.from({ length: 50 }, (_, at) => `  - derive: { column: size_is_at_least_${at}, from: size, atLeast: ${at} }\n`).join('')}`,
      issue: { line: 4, path: 'schema', message: expect.stringMatching(/take \d{4} characters/) },
    },
    {
      name: 'an image that nothing runs',
      source: SMALL.replace('training:\n', 'training:\n  image: xgboost\n'),
      issue: { line: 13, path: 'training.image' },
    },
    {
      name: 'a number as text',
      source: `${SMALL}quality: { missing: much }\n`,
      issue: { line: 16, column: 21, path: 'quality.missing', message: 'expected number, found "much"' },
    },
    {
      name: 'another way to split',
      source: SMALL.replace('by: time', 'by: tme'),
      issue: { line: 8, column: 7, path: 'split.by', suggestion: 'time or random' },
    },
    {
      name: 'a moment without meaning',
      source: SMALL.replace('2001-03-15', '15.3.2001'),
      issue: { line: 11, path: 'split.validationUntil' },
    },
    {
      name: 'boundaries the wrong way round',
      source: SMALL.replace('2001-03-15', '2001-02-15'),
      issue: { line: 11, path: 'split.validationUntil', message: expect.stringContaining('is not after') },
    },
    {
      name: 'days beside dates',
      source: SMALL.replace('column: day', 'column: day\n  testDays: 7'),
      issue: { line: 10, column: 13, path: 'split.testDays', message: expect.stringContaining('testDays does not go with trainUntil') },
    },
    {
      name: 'days that are not whole',
      source: SMALL.replace('  trainUntil: 2001-03-01\n  validationUntil: 2001-03-15', '  testDays: 7\n  trainDays: 90'),
      issue: { line: 10, path: 'split.testDays', message: expect.stringContaining('validationDays is missing') },
    },
    {
      name: 'days to train on and nothing else',
      source: SMALL.replace('  trainUntil: 2001-03-01\n  validationUntil: 2001-03-15', '  trainDays: 90'),
      issue: { line: 10, path: 'split.trainDays', message: expect.stringContaining('belong together') },
    },
    {
      name: 'a split by time without a form',
      source: SMALL.replace('  trainUntil: 2001-03-01\n  validationUntil: 2001-03-15\n', ''),
      issue: { line: 8, path: 'split', message: expect.stringContaining('needs either') },
    },
    {
      name: 'a gate on what is not compared with the champion',
      source: `${SMALL}gates:\n  - { metric: model_bytes, noWorseThan: champion }\n`,
      issue: { line: 17, path: 'gates.0.metric', message: expect.stringContaining('not measured row by row') },
    },
    {
      name: 'a gate that asks two things',
      source: `${SMALL}gates:\n  - { metric: auc, atLeast: 0.6, noWorseThan: champion }\n`,
      issue: { line: 17, path: 'gates.0', message: expect.stringContaining('exactly one of') },
    },
    {
      name: 'a margin without a champion',
      source: `${SMALL}gates:\n  - { metric: auc, atLeast: 0.6, margin: 0.01 }\n`,
      issue: { line: 17, path: 'gates.0.margin' },
    },
    {
      name: 'a rival that is nobody',
      source: `${SMALL}gates:\n  - { metric: auc, noWorseThan: challenger }\n`,
      issue: { line: 17, path: 'gates.0.noWorseThan', suggestion: 'one of champion' },
    },
    {
      name: 'a split by a column that is no time',
      source: SMALL.replace('column: day', 'column: dya'),
      issue: { line: 9, path: 'split.column', suggestion: 'day' },
    },
    {
      name: 'no target',
      source: SMALL.replace(', role: target', ''),
      issue: { line: 4, path: 'schema', message: 'no column has the role target' },
    },
    {
      name: 'a target that is no boolean',
      source: SMALL.replace('type: boolean', 'type: number'),
      issue: { path: 'schema.good', suggestion: 'type: boolean' },
    },
    {
      name: 'two ways to train',
      source: SMALL.replace('gradient_boosting\n', `gradient_boosting\n  source: { sha256: ${'a'.repeat(64)}, entryPoint: train.py }\n`),
      issue: { line: 13, path: 'training' },
    },
    {
      name: 'a gate on nothing',
      source: `${SMALL}gates:\n  - { metric: auk, atLeast: 0.5 }\n`,
      issue: { line: 17, column: 15, path: 'gates.0.metric', suggestion: 'auc' },
    },
    { name: 'a gate without a limit', source: `${SMALL}gates:\n  - { metric: auc }\n`, issue: { line: 17, path: 'gates.0' } },
    {
      name: 'a prepare step that does not exist',
      source: `${SMALL}prepare:\n  - drop: { column: size }\n`,
      issue: { line: 17, path: 'prepare.0.drop' },
    },
    {
      name: 'a mistake in an environment',
      source: `${SMALL}environments:\n  prod:\n    training: { sede: 1 }\n`,
      issue: { line: 18, column: 17, path: 'environments.prod.training.sede', suggestion: 'seed' },
    },
    {
      name: 'another pipeline',
      source: SMALL.replace('pipeline: small', 'pipeline: smal'),
      issue: { line: 1, column: 11, path: 'pipeline', suggestion: 'small' },
    },
    { name: 'a key twice', source: `${SMALL}dataset: other\n`, issue: { line: 16, message: expect.stringContaining('unique') } },
  ])('says where it is wrong: $name', ({ source, issue }) => {
    expect(issuesOf(source)).toContainEqual(expect.objectContaining(issue));
  });

  it('tells every mistake at once, in the file’s order', () => {
    const issues = issuesOf(
      SMALL.replace('type: datetime', 'type: date').replace('column: day', 'colum: day').replace('model: small', 'model: Small!'),
    );
    const lines = issues.map((issue) => issue.line);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(issues.map((issue) => issue.path)).toEqual(expect.arrayContaining(['schema.day.type', 'split.colum', 'deployment.model']));
  });

  it('does not let aliases grow without bound', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefg'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(', ')}]`)
      .join('\n')}\n`;
    expect(issuesOf(bomb)[0]?.message).toMatch(/alias/i);
  });
});
