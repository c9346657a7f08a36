import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../support/audit.ts';
import { keepFigures } from '../support/figures.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { apply, type Command, commands } from './control-loop.ts';
import { explore } from './explore.ts';
import { broken, seenOf } from './invariants.ts';
import { EMPTY, type Loop } from './loop.ts';
import { newLoop } from './loop-stand.ts';

/** `CONTROL_LOOP_RUNS=2000 CONTROL_LOOP_SEED=7` for a longer run, or for one again that failed. */
const RUNS = Number(process.env['CONTROL_LOOP_RUNS'] ?? 12);
const SEED = Number(process.env['CONTROL_LOOP_SEED'] ?? Date.now() % 1_000_000);
const LONGEST = 30;
const figures = { states: 0, transitions: 0, depth: 0, runs: 0, commands: 0, violations: 0 };

const atMost = (executions: number, rollouts: number) => (loop: Loop) =>
  loop.executions.length <= executions && loop.rollouts.length <= rollouts && loop.data <= 2 && loop.starts.every(({ age }) => age <= 1);

/** What has nothing to do with executions and rollouts: left out where these are followed to the end. */
const APART: readonly Command['do'][] = ['wait', 'new data', 'add bob', 'remove bob', 'remove the last admin', 'drift'];

const GOES: Command = { do: 'machine', verdict: 'wait' };
const ADVANCES: Command = { do: 'machine', verdict: 'advance' };
const APPROVED: readonly Command[] = [
  { do: 'start' },
  { do: 'evaluate', passed: true },
  { do: 'ask' },
  { do: 'decide', by: 'bob', decision: 'approved' },
];
const LIVE: readonly Command[] = [...APPROVED, { do: 'answer' }, GOES, GOES, ADVANCES, GOES, ADVANCES, GOES];

/** Ways that chance seldom goes to their ends. */
const STORIES: readonly { readonly what: string; readonly story: readonly Command[] }[] = [
  {
    what: 'a retraining that replaces the champion',
    story: [
      ...LIVE,
      { do: 'drift', cause: 'a' },
      { do: 'new data' },
      { do: 'drift', cause: 'a' },
      { do: 'drift', cause: 'a' },
      { do: 'evaluate', passed: true },
      { do: 'ask' },
      { do: 'decide', by: 'ada', decision: 'approved' },
      { do: 'answer' },
      ...[GOES, GOES, ADVANCES, GOES, ADVANCES, GOES],
      { do: 'drift', cause: 'a' },
      { do: 'wait' },
      { do: 'roll out', version: 1 },
    ],
  },
  {
    what: 'a version that a person takes live before its execution hears of the approval',
    story: [...APPROVED, { do: 'roll out', version: 1 }, GOES, GOES, ADVANCES, GOES, ADVANCES, GOES, { do: 'answer' }],
  },
  {
    what: 'an execution that finds another rollout under way',
    story: [
      ...APPROVED,
      { do: 'roll out', version: 1 },
      GOES,
      { do: 'answer' },
      { do: 'pause' },
      GOES,
      { do: 'resume' },
      GOES,
      { do: 'abort' },
      GOES,
      GOES,
    ],
  },
  {
    what: 'an execution that is stopped while its rollout bakes',
    story: [...APPROVED, { do: 'answer' }, GOES, GOES, { do: 'stop' }, { do: 'resume' }, GOES, GOES, { do: 'roll out', version: 1 }],
  },
];

describe('the control loop as it is meant', () => {
  it.each([
    {
      what: 'two executions, two rollouts and nothing but them, to the end',
      within: atMost(2, 2),
      depth: 100,
      without: APART,
      complete: true,
    },
    { what: 'everything that anybody may do', within: atMost(3, 3), depth: 9, without: [], complete: false },
  ])(
    'keeps its word in every state: $what',
    ({ within, depth, without, complete }) => {
      const found = explore({ within, depth, without });
      figures.states += found.states;
      figures.transitions += found.transitions;
      figures.depth = Math.max(figures.depth, found.depth);
      process.stdout.write(`${found.states} states, ${found.transitions} transitions, depth ${found.depth}\n`);
      expect(found.violation).toBeUndefined();
      expect(found.complete).toBe(complete);
    },
    300_000,
  );

  it.each<{ what: string; breaks: string; apply: typeof apply }>([
    {
      what: 'authors approve their own',
      breaks: 'an approval is decided by a person who is not the author',
      apply: (loop, command) =>
        command.do === 'decide' && command.by === 'ada' ? outcome(loop, (copy) => lastAsked(copy, command.decision)) : apply(loop, command),
    },
    {
      what: 'rollouts do not wait for each other',
      breaks: 'a model has one open rollout at most',
      apply: (loop, command) =>
        command.do === 'roll out'
          ? outcome(loop, ({ rollouts }) => {
              const from = { status: 'queued', step: 0, reason: null, reached: false, begun: false, next: 'begin' } as const;
              rollouts.push({ version: command.version, baseline: null, execution: null, ...from });
            })
          : apply(loop, command),
    },
  ])('would be found out if $what', ({ breaks, apply: wrong }) => {
    const { violation } = explore({ within: atMost(2, 2), depth: 12, without: APART, apply: wrong });
    expect(violation?.broken).toContain(breaks);
  });
});

describe('the code', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await keepFigures('control-loop-model', { ...figures, seed: SEED });
    await postgres?.stop();
  });

  /** Follows the loop and the code through the same commands; each number says which of those that can be given. */
  async function follow(choices: readonly number[], spoil: (command: Command) => Command = (command) => command): Promise<void> {
    const stand = await newLoop(postgres);
    let loop = EMPTY;
    let before = seenOf(EMPTY);
    const given: string[] = [];
    for (const choice of choices) {
      const able = commands(loop);
      const command = able[choice % able.length] as Command;
      const expected = apply(loop, command);
      const told = await stand.perform(spoil(command));
      const seen = await stand.see();
      given.push(`${JSON.stringify(command)} → ${told}`);
      figures.commands += 1;
      const wrong = broken(seen, before);
      figures.violations += wrong.length;
      expect(wrong, given.join('\n')).toEqual([]);
      expect(told, given.join('\n')).toBe(expected.told);
      expect(asSeen(seen), given.join('\n')).toEqual(asSeen(seenOf(expected.loop)));
      [loop, before] = [expected.loop, seen];
    }
    const { finding } = await verifyAuditChain({ pool: postgres.pool, tenant: stand.tenant });
    expect(finding, given.join('\n')).toBeUndefined();
  }

  it('does what the loop does, whatever is commanded in whatever order', async () => {
    process.stdout.write(`control loop: seed ${SEED}, ${RUNS} runs\n`);
    const history = fc.array(fc.nat({ max: 10_000 }), { minLength: LONGEST / 2, maxLength: LONGEST });
    const each = fc.asyncProperty(history, async (choices) => {
      figures.runs += 1;
      await follow(choices);
    });
    await fc.assert(each, { numRuns: RUNS, seed: SEED, endOnFailure: RUNS > 100 });
  }, 3_600_000);

  it.each(STORIES)('goes the way of $what', async ({ story }) => {
    let loop = EMPTY;
    const choices = story.map((command) => {
      const choice = commands(loop).findIndex((one) => JSON.stringify(one) === JSON.stringify(command));
      expect(choice, JSON.stringify(command)).toBeGreaterThanOrEqual(0);
      loop = apply(loop, command).loop;
      return choice;
    });
    figures.runs += 1;
    await follow(choices);
  });

  it('would be found out if it were another than the one commanded that approves', async () => {
    const story: Command[] = [
      { do: 'start' },
      { do: 'evaluate', passed: true },
      { do: 'ask' },
      { do: 'decide', by: 'ada', decision: 'approved' },
    ];
    let loop = EMPTY;
    const choices = story.map((command) => {
      const choice = commands(loop).findIndex((one) => JSON.stringify(one) === JSON.stringify(command));
      loop = apply(loop, command).loop;
      return choice;
    });
    const spoilt = follow(choices, (command) => (command.do === 'decide' ? { ...command, by: 'bob' } : command));
    await expect(spoilt).rejects.toThrow(/approval_by_author/);
  });
});

/** The cause in Postgres is the monitor's and what drifted. */
function asSeen({ starts, ...seen }: ReturnType<typeof seenOf>) {
  return { ...seen, starts: starts.map(({ execution }) => execution) };
}

function outcome(loop: Loop, change: (copy: Loop) => void) {
  const copy = structuredClone(loop);
  change(copy);
  return { loop: copy, told: 'ok' };
}

function lastAsked(loop: Loop, decision: 'approved' | 'rejected'): void {
  const asked = loop.executions.findLast(({ approval }) => approval === 'pending');
  if (asked) Object.assign(asked, { approval: decision, decidedBy: 'ada' });
}
