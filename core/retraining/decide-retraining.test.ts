import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeOf } from './cause.ts';
import { decideRetraining, type PastStart, REFUSALS, type RetrainingQuestion } from './decide-retraining.ts';

const HOUR = 3_600_000;
const now = new Date('2001-05-01T00:00:00Z');
const policy = { pipeline: 'flights', cooldownHours: 24, budget: { executions: 2, days: 7 } };
const pipeline = { dataset: 'flights', newestData: 2, champion: { version: 1, dataset: 'flights', datasetVersion: 1 } };

const asked = (change: Partial<RetrainingQuestion> = {}): RetrainingQuestion => ({
  cause: 'c',
  now,
  policy,
  history: [],
  pipeline,
  ...change,
});
const start = (hoursAgo: number, change: Partial<PastStart> = {}): PastStart => ({
  retraining: `r${hoursAgo}`,
  cause: 'c',
  execution: `e${hoursAgo}`,
  decidedAt: new Date(now.getTime() - hoursAgo * HOUR),
  open: false,
  ...change,
});

describe('a cause', () => {
  it('is the same whatever the order and however often a thing is named, and another for another monitor or another drift', () => {
    expect(causeOf('m', ['prediction', 'distance', 'distance'])).toBe(causeOf('m', ['distance', 'prediction']));
    expect(causeOf('m', ['distance'])).not.toBe(causeOf('n', ['distance']));
    expect(causeOf('m', ['distance'])).not.toBe(causeOf('m', ['distance', 'prediction']));
  });
});

describe('whether drift starts a retraining', () => {
  it.each([
    { name: 'newer data and nothing in the way', question: asked(), reason: 'drift' },
    { name: 'no champion yet', question: asked({ pipeline: { dataset: 'flights', newestData: 1 } }), reason: 'drift' },
    {
      name: 'a champion of another dataset',
      question: asked({ pipeline: { ...pipeline, newestData: 1, champion: { version: 4, dataset: 'trains', datasetVersion: 9 } } }),
      reason: 'drift',
    },
    { name: 'a cooldown that is just over', question: asked({ history: [start(24)] }), reason: 'drift' },
    { name: 'another cause in its cooldown', question: asked({ history: [start(1, { cause: 'other' })] }), reason: 'drift' },
    { name: 'a budget that was spent before the days it counts', question: asked({ history: [start(168), start(200)] }), reason: 'drift' },
    { name: 'no policy', question: asked({ policy: null, pipeline: undefined }), reason: 'no_policy' },
    { name: 'no such pipeline', question: asked({ pipeline: undefined }), reason: 'pipeline_missing' },
    {
      name: 'a pipeline the stage no longer takes',
      question: asked({ pipeline: { ...pipeline, invalid: 'too big' } }),
      reason: 'pipeline_invalid',
    },
    { name: 'the same cause, still at work', question: asked({ history: [start(300, { open: true })] }), reason: 'duplicate_cause' },
    { name: 'the same cause, an hour ago', question: asked({ history: [start(1)] }), reason: 'cooldown' },
    {
      name: 'two starts of other causes this week',
      question: asked({ history: [start(30, { cause: 'a' }), start(60, { cause: 'b' })] }),
      reason: 'budget',
    },
    { name: 'a dataset without versions', question: asked({ pipeline: { ...pipeline, newestData: undefined } }), reason: 'no_newer_data' },
    { name: 'no data since the champion', question: asked({ pipeline: { ...pipeline, newestData: 1 } }), reason: 'no_newer_data' },
    { name: 'a pipeline that is at work', question: asked({ pipeline: { ...pipeline, running: 'e' } }), reason: 'execution_running' },
  ])('$name: $reason', ({ question, reason }) => {
    const decided = decideRetraining(question);
    expect(decided).toMatchObject({ decision: reason === 'drift' ? 'start' : 'refuse', reason, details: { sentence: expect.any(String) } });
    expect(JSON.parse(JSON.stringify(decided))).toEqual(decided);
  });

  it('says how long the cooldown lasts, and which execution it is about', () => {
    expect(decideRetraining(asked({ history: [start(30), start(5), start(10)] })).details).toEqual({
      sentence: 'the same cause started execution e5 less than 24 hours ago',
      retraining: 'r5',
      execution: 'e5',
      until: '2001-05-01T19:00:00.000Z',
    });
  });

  const cause = fc.constantFrom('a', 'b', 'c');
  const event = fc.record({
    cause,
    hours: fc.integer({ min: 0, max: 40 }),
    refuseFor: fc.integer({ min: 0, max: 3 }),
    lastsHours: fc.integer({ min: 0, max: 50 }),
  });

  it('never starts one cause twice within its cooldown or while it is at work, nor more than the budget, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.record({
          cooldownHours: fc.integer({ min: 1, max: 60 }),
          executions: fc.integer({ min: 1, max: 4 }),
          days: fc.integer({ min: 1, max: 5 }),
        }),
        (events, { cooldownHours, executions, days }) => {
          const own = { pipeline: 'flights', cooldownHours, budget: { executions, days } };
          const started: { cause: string; at: number; until: number }[] = [];
          let clock = now.getTime();
          for (const { cause, hours, refuseFor, lastsHours } of events) {
            clock += hours * HOUR;
            const history = started.map(({ cause, at, until }, n) => ({
              retraining: `${n}`,
              execution: `${n}`,
              cause,
              decidedAt: new Date(at),
              open: until > clock,
            }));
            const blocked = refuseFor === 0 ? { ...pipeline, newestData: 1 } : pipeline;
            const decided = decideRetraining({ cause, now: new Date(clock), policy: own, history, pipeline: blocked });
            expect(decided.reason).toBeTruthy();
            expect(decided.decision === 'start').toBe(!(REFUSALS as readonly string[]).includes(decided.reason));
            if (decided.decision === 'refuse') continue;
            for (const one of started.filter((one) => one.cause === cause)) {
              expect(clock - one.at).toBeGreaterThanOrEqual(cooldownHours * HOUR);
              expect(one.until).toBeLessThanOrEqual(clock);
            }
            started.push({ cause, at: clock, until: clock + lastsHours * HOUR });
            expect(started.filter(({ at }) => clock - at < days * 24 * HOUR).length).toBeLessThanOrEqual(executions);
          }
        },
      ),
    );
  });

  it('is not kept from a start by an earlier refusal: the same question with room again is answered yes', () => {
    const waiting = decideRetraining(asked({ pipeline: { ...pipeline, running: 'e' } }));
    expect(waiting.decision).toBe('refuse');
    expect(decideRetraining(asked({ now: new Date(now.getTime() + 1) })).decision).toBe('start');
  });
});
