import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answers, type Script, type Stand, stand } from './stand.ts';

/** CommonJS without types. */
const validate: (definition: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(import.meta.url)(
  'asl-validator',
);

const text = readFileSync(join(import.meta.dirname, '..', '..', 'state-machines', 'rollout.asl.json'), 'utf8');

let machine: Stand;
beforeAll(async () => {
  machine = await stand(text, 'rollout');
});
afterAll(() => machine?.stop());

const to = (next: string, seconds = 1) => ({ next, at: 0, seconds });
const STRAIGHT: Script = {
  begin: { answers: to('share') },
  share: { answers: to('bake', 2) },
  judge: { inTurn: [to('share'), to('share'), to('complete')] },
  complete: { answers: to('end') },
  'roll-back': { answers: to('end') },
};
const stepsOf = (calls: readonly Readonly<Record<string, unknown>>[]) => calls.map(({ step }) => String(step));

describe('the rollout machine', () => {
  it('is valid Amazon States Language, and asks for no name that the deployment does not fill in', () => {
    expect(validate(JSON.parse(text)).errorsText('\n')).toBe('');
    expect(new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name))).toEqual(new Set(['RolloutStep']));
  });

  it.each(Object.entries(JSON.parse(text).States as Record<string, Record<string, unknown>>).filter(([, { Type }]) => Type === 'Task'))(
    '%s has a time limit, retries with full jitter, and a way back for everything',
    (name, { TimeoutSeconds, Retry, Catch }) => {
      expect(TimeoutSeconds).toBeDefined();
      const patient = { JitterStrategy: 'FULL', MaxDelaySeconds: expect.any(Number) };
      expect(Retry).toMatchObject([patient, { ...patient, ErrorEquals: ['Lambda.Unknown', 'Runtime.ExitError'] }]);
      const out = { ErrorEquals: ['States.ALL'], Next: name === 'RollBack' ? 'NotRolledBack' : 'RollBack' };
      expect((Catch as readonly unknown[]).at(-1)).toMatchObject(out);
    },
  );

  it.concurrent.each<[string, Script, Answers, readonly string[]]>([
    [
      'goes from step to step by the clock',
      STRAIGHT,
      {},
      ['begin', 'share', 'bake', 'judge', 'share', 'bake', 'judge', 'share', 'bake', 'judge', 'complete'],
    ],
    ['takes all at once', { ...STRAIGHT, share: { answers: to('complete') } }, {}, ['begin', 'share', 'complete']],
    [
      'bakes again as long as the judge waits',
      { ...STRAIGHT, judge: { inTurn: [to('bake'), to('bake'), to('complete')] } },
      {},
      ['begin', 'share', 'bake', 'judge', 'bake', 'judge', 'bake', 'judge', 'complete'],
    ],
    [
      'goes back when the judge says so',
      { ...STRAIGHT, judge: { answers: to('roll_back') } },
      {},
      ['begin', 'share', 'bake', 'judge', 'roll-back'],
    ],
    [
      'hears a person at once while it bakes, waits while it is paused, and goes on',
      { ...STRAIGHT, share: { answers: to('bake', 900) }, judge: { inTurn: [to('pause', 900), to('bake', 1), to('complete')] } },
      { bake: [{ signal: 'paused' }], pause: [{ signal: 'running' }] },
      ['begin', 'share', 'bake', 'judge', 'pause', 'judge', 'bake', 'judge', 'complete'],
    ],
    [
      'goes back when a person aborts it',
      { ...STRAIGHT, share: { answers: to('bake', 900) }, judge: { answers: to('roll_back') } },
      { bake: [{ signal: 'roll_back' }] },
      ['begin', 'share', 'bake', 'judge', 'roll-back'],
    ],
    [
      'goes back when nobody resumes it in time',
      { ...STRAIGHT, share: { answers: to('pause', 2) } },
      {},
      ['begin', 'share', 'pause', 'roll-back'],
    ],
    ['goes back when it is told to before it began', { ...STRAIGHT, begin: { answers: to('roll_back') } }, {}, ['begin', 'roll-back']],
    ['has nothing to do when it is over', { ...STRAIGHT, begin: { answers: to('end') } }, {}, ['begin']],
    [
      'goes back when it is told at the very end',
      { ...STRAIGHT, share: { answers: to('complete') }, complete: { answers: to('roll_back') } },
      {},
      ['begin', 'share', 'complete', 'roll-back'],
    ],
  ])('%s', async (_, script, answers, steps) => {
    const { status, calls } = await machine.run(script, answers);
    expect({ status, steps: stepsOf(calls) }).toEqual({ status: 'SUCCEEDED', steps });
    for (const call of calls) expect(call).toMatchObject({ tenant: 'a-tenant', rollout: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it.concurrent.each(['begin', 'share', 'bake', 'judge', 'complete'])('goes back when %s breaks, and says on what', async (step) => {
    const { status, calls } = await machine.run({ ...STRAIGHT, judge: { answers: to('complete') }, [step]: { throws: 'TypeError' } });
    expect(status).toBe('SUCCEEDED');
    expect(calls.at(-1)).toMatchObject({ step: 'roll-back', error: 'TypeError', cause: expect.stringContaining('as the script says') });
  });

  it.concurrent('hands the trace of whoever ordered it to every step', async () => {
    const script: Script = { ...STRAIGHT, judge: { inTurn: [to('pause', 900), to('complete')] }, complete: { answers: to('roll_back') } };
    const { calls } = await machine.run(script, { pause: [{ signal: 'running' }] }, { traceparent: 'a-trace' });
    expect(stepsOf(calls)).toEqual(['begin', 'share', 'bake', 'judge', 'pause', 'judge', 'complete', 'roll-back']);
    for (const call of calls) expect(call).toMatchObject({ traceparent: 'a-trace' });
  });

  it.concurrent('tries a store that is waking up again', async () => {
    const { status, calls } = await machine.run({
      ...STRAIGHT,
      share: { throws: 'StoreUnavailable', times: 2, answers: to('complete') },
    });
    expect({ status, steps: stepsOf(calls) }).toEqual({ status: 'SUCCEEDED', steps: ['begin', 'share', 'share', 'share', 'complete'] });
  });

  it.concurrent('fails when there is no way back', async () => {
    const { status, error } = await machine.run({ ...STRAIGHT, judge: { throws: 'TypeError' }, 'roll-back': { throws: 'Lost' } });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'TypeError' });
  });
});
