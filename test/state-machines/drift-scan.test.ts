import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stand, stand } from './stand.ts';

/** CommonJS without types. */
const validate: (definition: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(import.meta.url)(
  'asl-validator',
);

const text = readFileSync(join(import.meta.dirname, '..', '..', 'state-machines', 'drift-scan.asl.json'), 'utf8');
const ID = /^[0-9a-f-]{36}$/;
let machine: Stand;

beforeAll(async () => {
  machine = await stand(text, 'monitor');
});
afterAll(() => machine?.stop());

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const planned = (...scans: string[]) => ({ plan: { answers: { scans, traceparent: TRACE } } });

/** What happened to each scan, in its own order; scans run side by side. */
function byScan(calls: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, string[]>> {
  const steps: Record<string, string[]> = {};
  for (const { scan, step } of calls) if (typeof scan === 'string') steps[scan] = [...(steps[scan] ?? []), String(step)];
  return steps;
}

describe('the machine of drift scans', () => {
  it('is valid Amazon States Language, and asks for no name that the deployment does not fill in', () => {
    expect(validate(JSON.parse(text)).errorsText('\n')).toBe('');
    expect(new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name))).toEqual(new Set(['DriftScan']));
  });

  it.each([{ scans: [] }, { scans: ['a'] }, { scans: ['a', 'b', 'c'] }])('scans and records each of $scans once', async ({ scans }) => {
    const { status, calls } = await machine.run(planned(...scans));
    expect({ status, steps: byScan(calls) }).toEqual({
      status: 'SUCCEEDED',
      steps: Object.fromEntries(scans.map((scan) => [scan, ['scan', 'record']])),
    });
    for (const call of calls) expect(call).toMatchObject({ tenant: 'a-tenant', monitor: expect.stringMatching(ID) });
    for (const { step, traceparent } of calls) if (step !== 'plan') expect(traceparent).toBe(TRACE);
  });

  it('tries a scan again when a store was away', async () => {
    const { status, calls } = await machine.run({ ...planned('a'), scan: { throws: 'StoreUnavailable', times: 1 } });
    expect({ status, steps: byScan(calls) }).toEqual({ status: 'SUCCEEDED', steps: { a: ['scan', 'scan', 'record'] } });
  });

  it.each([
    {
      at: 'Scan',
      script: { scan: { throws: 'window_too_large', times: 1 } },
      error: 'window_too_large',
      steps: ['scan', 'record-failure'],
    },
    { at: 'Record', script: { record: { throws: 'Error', times: 1 } }, error: 'Error', steps: ['scan', 'record', 'record-failure'] },
  ])('records with its reason the scan that fails at $at; the others go on', async ({ at, script, error, steps }) => {
    const { status, calls } = await machine.run({ ...planned('a', 'b', 'c'), ...script });
    expect(status).toBe('SUCCEEDED');
    const [failed, ...more] = calls.filter(({ step }) => step === 'record-failure');
    expect(more).toEqual([]);
    expect(failed).toMatchObject({
      at,
      error,
      cause: expect.stringContaining('as the script says'),
      tenant: 'a-tenant',
      traceparent: TRACE,
    });
    const { [String(failed?.['scan'])]: ended, ...others } = byScan(calls);
    expect([ended, ...Object.values(others)]).toEqual([steps, ['scan', 'record'], ['scan', 'record']]);
  });

  it('ends well when not even the failure can be recorded: the next run takes the scan over', async () => {
    const { status } = await machine.run({ ...planned('a'), scan: { throws: 'Error' }, 'record-failure': { throws: 'Error' } });
    expect(status).toBe('SUCCEEDED');
  });

  it('fails when nothing could be planned', async () =>
    expect(await machine.run({ plan: { throws: 'not_found' } })).toMatchObject({ status: 'FAILED', error: 'not_found' }));
});
