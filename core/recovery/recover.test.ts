import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lostEnd } from './lost-end.ts';
import { MOST_STARTS, type Question, type Recovery, recover, type Seen, type Standing } from './recover.ts';
import { seenOf } from './seen-of.ts';

const SEEN: readonly Seen[] = ['running', 'unknown', 'lost', 'ended_badly', 'ended_well'];
const STANDINGS: readonly (Standing | undefined)[] = [undefined, 'open', 'overdue', 'unbegun', 'settled'];

describe('what is open and nobody tells of', () => {
  it.each<[Seen, Partial<Question>, Recovery]>([
    ['running', {}, 'leave'],
    ['running', { standing: 'open' }, 'leave'],
    ['running', { standing: 'settled' }, 'leave'],
    ['running', { overdueSeconds: -1 }, 'leave'],
    ['running', { overdueSeconds: 59 }, 'leave'],
    ['running', { overdueSeconds: 60 }, 'ask'],
    ['running', { overdueSeconds: 60, standing: 'overdue' }, 'expire'],
    ['running', { overdueSeconds: 60, standing: 'open' }, 'leave'],
    ['unknown', { ageSeconds: 59, standing: 'open' }, 'leave'],
    ['unknown', {}, 'ask'],
    ['unknown', { standing: 'settled' }, 'forget'],
    ['unknown', { standing: 'open' }, 'start'],
    ['unknown', { standing: 'overdue' }, 'expire'],
    ['unknown', { standing: 'unbegun' }, 'start'],
    ['lost', { standing: 'unbegun' }, 'start'],
    ['lost', { standing: 'unbegun', starts: MOST_STARTS }, 'forget'],
    ['ended_well', { standing: 'unbegun' }, 'forget'],
    ['ended_badly', { standing: 'unbegun' }, 'forget'],
    ['lost', {}, 'ask'],
    ['lost', { standing: 'settled' }, 'forget'],
    ['lost', { standing: 'open' }, 'start'],
    ['lost', { standing: 'open', starts: MOST_STARTS - 1 }, 'start'],
    ['lost', { standing: 'open', starts: MOST_STARTS }, 'record'],
    ['lost', { standing: 'overdue' }, 'expire'],
    ['ended_badly', {}, 'ask'],
    ['ended_badly', { standing: 'open' }, 'record'],
    ['ended_badly', { standing: 'overdue' }, 'expire'],
    ['ended_badly', { standing: 'settled' }, 'forget'],
    ['ended_well', {}, 'ask'],
    ['ended_well', { standing: 'settled' }, 'forget'],
    ['ended_well', { standing: 'open' }, 'record'],
  ])('%s %j → %s', (seen, more, action) => expect(recover({ seen, starts: 1, ageSeconds: 60, ...more })).toBe(action));

  it('whatever is asked, what runs is never started, recorded or forgotten, and what was ordered just now is left', () =>
    fc.assert(
      fc.property(
        fc.record({
          seen: fc.constantFrom(...SEEN),
          starts: fc.integer({ min: 1, max: 40 }),
          ageSeconds: fc.integer({ min: -10, max: 100_000 }),
          overdueSeconds: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }),
          standing: fc.constantFrom(...STANDINGS),
        }),
        (question) => {
          const action = recover(question);
          if (question.seen === 'running') expect(['leave', 'ask', 'expire']).toContain(action);
          if (question.ageSeconds < 60) expect(action).toBe('leave');
          if (question.standing !== undefined) expect(action).not.toBe('ask');
        },
      ),
    ));
});

describe('recovery again and again', () => {
  type World = { machine: Seen; starts: number; settled: boolean; registered: boolean };

  /** One look, as functions/publish-outbox does it. */
  function look(world: World): Recovery {
    const about = { seen: world.machine, starts: world.starts, ageSeconds: 3600 };
    const first = recover(about);
    const action = first === 'ask' ? recover({ ...about, standing: world.settled ? 'settled' : 'open' }) : first;
    if (action === 'forget') world.registered = false;
    if (action === 'record') world.settled = true;
    if (action === 'start')
      Object.assign(world, { starts: world.machine === 'unknown' ? world.starts : world.starts + 1, machine: 'running' });
    return action;
  }

  it('brings everything to rest, however the machines end', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...SEEN),
        fc.boolean(),
        fc.array(fc.constantFrom<Seen>('running', 'lost', 'ended_badly', 'ended_well', 'unknown'), { maxLength: 60 }),
        (machine, settled, fates) => {
          const world: World = { machine, starts: 1, settled, registered: true };
          for (const fate of fates) {
            if (!world.registered) break;
            look(world);
            // Only what runs can end; a machine that ends by itself well has settled what it was about.
            if (world.machine === 'running') {
              world.machine = fate;
              if (fate === 'ended_well') world.settled = true;
            }
          }
          if (fates.length > 0 && world.machine === 'running') world.machine = 'lost';
          // From here nothing fails any more: what is started ends well.
          for (let looks = 0; world.registered && looks < 4; looks++) {
            look(world);
            if (world.machine === 'running') Object.assign(world, { machine: 'ended_well', settled: true });
          }
          expect(world).toMatchObject({ registered: false, settled: true });
          expect(world.starts).toBeLessThanOrEqual(MOST_STARTS);
        },
      ),
      { numRuns: 500 },
    ));
});

describe('a machine as Step Functions describes it', () => {
  it.each([
    ['running', 'running'],
    ['unknown', 'unknown'],
    [{ status: 'SUCCEEDED', error: undefined, cause: undefined }, 'ended_well'],
    [{ status: 'FAILED', error: 'States.ServiceRestart', cause: undefined }, 'lost'],
    [{ status: 'FAILED', error: 'gate_failed', cause: undefined }, 'ended_badly'],
    [{ status: 'TIMED_OUT', error: undefined, cause: undefined }, 'ended_badly'],
    [{ status: 'ABORTED', error: undefined, cause: undefined }, 'ended_badly'],
  ] as const)('%j is %s', (found, seen) => expect(seenOf(found).seen).toBe(seen));

  it('ends for its own reason, for having been lost too often, or for having left something open', () => {
    const own = { error: 'execution_stopped', cause: 'wrong data' };
    expect(lostEnd('ended_badly', own, 1)).toBe(own);
    expect(lostEnd('ended_badly', undefined, 2).cause).toContain('lost 2 times');
    expect(lostEnd('lost', { error: 'States.ServiceRestart', cause: '' }, 20)).toEqual({
      error: 'machine_lost',
      cause: 'its machine was lost 20 times; it is not started again',
    });
    expect(lostEnd('ended_well', undefined, 1).cause).toBe('its machine ended and left it open');
  });
});
