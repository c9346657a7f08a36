import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stand, stand } from './stand.ts';

/** CommonJS without types. */
const validate: (definition: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(import.meta.url)(
  'asl-validator',
);

const text = readFileSync(join(import.meta.dirname, '..', '..', 'state-machines', 'retraining.asl.json'), 'utf8');

let machine: Stand;
beforeAll(async () => {
  machine = await stand(text, 'scan');
});
afterAll(() => machine?.stop());

describe('the retraining machine', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(JSON.parse(text));
    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it.concurrent.each([
    ['a start', { decision: 'start', reason: 'drift', retraining: 'r', execution: 'e' }],
    ['a refusal', { decision: 'refuse', reason: 'cooldown', retraining: 'r', execution: null }],
  ])('ends well with %s, in one step', async (_, answers) => {
    const { status, calls } = await machine.run({ decide: { answers } });
    expect(status).toBe('SUCCEEDED');
    expect(calls).toEqual([{ tenant: 'a-tenant', scan: expect.any(String), step: 'decide' }]);
  });

  it.concurrent('hands on the trace of whoever ordered it', async () => {
    const { calls } = await machine.run({ decide: { answers: { decision: 'start' } } }, {}, { traceparent: 'a-trace' });
    expect(calls).toMatchObject([{ step: 'decide', traceparent: 'a-trace' }]);
  });

  it.concurrent('asks a store that is waking up again, and decides then', async () => {
    const { status, calls } = await machine.run({ decide: { throws: 'StoreUnavailable', times: 2, answers: { decision: 'start' } } });
    expect(status).toBe('SUCCEEDED');
    expect(calls).toHaveLength(3);
  });

  it.concurrent('fails at once, by name, for a scan that nobody knows', async () => {
    const { status, error, calls } = await machine.run({ decide: { throws: 'not_found' } });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'not_found' });
    expect(calls).toHaveLength(1);
  });
});
