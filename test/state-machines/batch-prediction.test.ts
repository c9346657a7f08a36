import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stand, stand } from './stand.ts';

/** CommonJS without types. */
const validate: (definition: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(import.meta.url)(
  'asl-validator',
);

const text = readFileSync(join(import.meta.dirname, '..', '..', 'state-machines', 'batch-prediction.asl.json'), 'utf8');
const PLANNED = { plan: { answers: { parts: 3 } } };
let machine: Stand;

beforeAll(async () => {
  machine = await stand(text, 'batch');
});
afterAll(() => machine?.stop());

const stepsOf = (calls: readonly Readonly<Record<string, unknown>>[]) =>
  calls.map(({ step, part }) => (part === undefined ? String(step) : `${step} ${part}`));

describe('the machine of batch predictions', () => {
  it('is valid Amazon States Language, and asks for no name that the deployment does not fill in', () => {
    expect(validate(JSON.parse(text)).errorsText('\n')).toBe('');
    expect(new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name))).toEqual(new Set(['BatchStep']));
  });

  it('plans, scores every part once and merges; every step is told the ids', async () => {
    const { status, calls } = await machine.run(PLANNED);
    expect(status).toBe('SUCCEEDED');
    const steps = stepsOf(calls);
    expect([steps[0], steps.slice(1, -1).toSorted(), steps.at(-1)]).toEqual(['plan', ['score 0', 'score 1', 'score 2'], 'merge']);
    for (const call of calls) expect(call).toMatchObject({ tenant: 'a-tenant', batch: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it('scores a single part', async () => {
    const { status, calls } = await machine.run({ plan: { answers: { parts: 1 } } });
    expect({ status, steps: stepsOf(calls) }).toEqual({ status: 'SUCCEEDED', steps: ['plan', 'score 0', 'merge'] });
  });

  it('tries a part again when a store was away', async () => {
    const { status, calls } = await machine.run({ ...PLANNED, score: { throws: 'StoreUnavailable', times: 1 } });
    expect(status).toBe('SUCCEEDED');
    expect(stepsOf(calls).filter((step) => step.startsWith('score'))).toHaveLength(4);
  });

  it.each([
    { at: 'Plan', script: { plan: { throws: 'schema_mismatch' } }, error: 'schema_mismatch' },
    { at: 'ScoreParts', script: { ...PLANNED, score: { throws: 'model_not_onnx' } }, error: 'model_not_onnx' },
    { at: 'Merge', script: { ...PLANNED, merge: { throws: 'Error' } }, error: 'Error' },
  ])('that is refused at $at has it recorded, with the reason', async ({ at, script, error }) => {
    const ended = await machine.run(script);
    expect(ended).toMatchObject({ status: 'FAILED', error });
    const recorded = ended.calls.find(({ step }) => step === 'record-failure');
    expect(recorded).toMatchObject({ at, error, cause: expect.stringContaining('as the script says'), tenant: 'a-tenant' });
  });
});
