import { beforeAll, describe, expect, inject, it } from 'vitest';
import { keepFigures } from '../../support/figures.ts';
import { PLANTED } from '../planted.ts';
import { type LogLine, logLines } from './logs.ts';

/** What a job prints is its author's, kept where he looks; the planted secret of a script must be there and nowhere else. */
const JOBS = '/aws/sagemaker/TrainingJobs';

/** Kinds of secrets that the whole run makes hundreds of, by the shape that all of a kind have. */
const SHAPES = {
  'a token of a caller': /eyJ[\w-]{10,}\.[\w-]{10,}\./,
  'a webhook secret': /whsec_/,
  // The region's tokens tell their machine in base64, as AWS's tell theirs in a way of its own.
  'a task token': /YXJuOmF3czpzdGF0ZXM6/,
  'a signed address': /X-Amz-Signature=|X-Amz-Credential=/,
  'a key': /AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|-----BEGIN/,
} as const;

/** Of a run that looks back on itself. */
const isWhole = inject('enforcesIam');

const planted = { ...PLANTED, databasePassword: inject('databasePassword') };
let lines: readonly LogLine[];
let ours: readonly LogLine[];

beforeAll(async () => {
  if (!isWhole) return;
  lines = await logLines(inject('app'), inject('startedAt'));
  ours = lines.filter(({ group }) => group !== JOBS);
});

const found = (where: readonly LogLine[], what: (text: string) => boolean) =>
  where.filter(({ text }) => what(text)).map(({ group, text }) => `${group}: ${text.slice(0, 300)}`);

describe.skipIf(!isWhole)('the logs of the whole run', () => {
  it('are there, and hold what a job printed where its author looks', () => {
    expect(ours.length).toBeGreaterThan(200);
    expect(found(lines, (text) => text.includes(PLANTED.scriptSecret)).every((line) => line.startsWith(JOBS))).toBe(true);
    expect(found(lines, (text) => text.includes(PLANTED.scriptSecret))).not.toEqual([]);
  });

  it.each(Object.entries(planted))('show no %s', (_, secret) => expect(found(ours, (text) => text.includes(secret))).toEqual([]));

  it.each(Object.entries(SHAPES))('show no %s', (_, shape) => expect(found(ours, (text) => shape.test(text))).toEqual([]));

  it('would give each of them away', () => {
    const sample = [
      'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x',
      'whsec_abc',
      `${Buffer.from('arn:aws:states:us-east-1').toString('base64')}.x`,
      'https://x?X-Amz-Signature=1',
      'AKIAABCDEFGHIJKLMNOP',
    ];
    for (const [index, shape] of Object.values(SHAPES).entries()) expect(sample[index]).toMatch(shape);
  });

  it('are structured, and say whose and of which trace they are', async () => {
    const told = ours.filter(({ text }) => text.startsWith('{"')).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    const requests = told.filter(({ message }) => message === 'request');
    const steps = told.filter(({ message }) => /^step (done|refused|broke)$/.test(String(message)));
    expect(requests.length).toBeGreaterThan(50);
    expect(steps.length).toBeGreaterThan(20);
    for (const line of requests) expect(line, JSON.stringify(line)).toMatchObject({ traceparent: expect.stringMatching(/^00-/) });
    const unknown = requests.filter(({ tenant, status }) => tenant === undefined && Number(status) < 400);
    expect(unknown.filter(({ operation }) => !PUBLIC.includes(String(operation)))).toEqual([]);
    // Whose trace a step belongs to it reads from the store: where that is away, it cannot say.
    for (const line of steps.filter(({ message }) => message === 'step done'))
      expect(line, JSON.stringify(line)).toMatchObject({ tenant: expect.any(String), traceparent: expect.any(String) });
    const ofExecutions = steps.filter(({ service }) => ['data-step', 'evaluate-model', 'pipeline-step'].includes(String(service)));
    expect(ofExecutions.length).toBeGreaterThan(10);
    for (const line of ofExecutions) expect(line, JSON.stringify(line)).toMatchObject({ execution: expect.any(String) });
    await keepFigures('logs', {
      lines: lines.length,
      planted: Object.keys(planted).length + Object.keys(SHAPES).length,
      found: 0,
    });
  });
});

/** Answered to anybody. */
const PUBLIC: readonly string[] = ['docs', 'openapi'];
