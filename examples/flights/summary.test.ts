import { describe, expect, it } from 'vitest';
import { overheadSeconds, rankAuc } from './summary.ts';

describe('rankAuc', () => {
  it.each([
    {
      name: 'a perfect order',
      rows: [
        [0.1, false],
        [0.9, true],
      ],
      value: 1,
    },
    {
      name: 'a reversed order',
      rows: [
        [0.9, false],
        [0.1, true],
      ],
      value: 0,
    },
    {
      name: 'all tied',
      rows: [
        [0.5, false],
        [0.5, true],
        [0.5, true],
      ],
      value: 0.5,
    },
    {
      name: 'one pair of four wrong',
      rows: [
        [0.1, false],
        [0.6, false],
        [0.4, true],
        [0.8, true],
      ],
      value: 0.75,
    },
  ] as const)('$name → $value', ({ rows, value }) => {
    expect(rankAuc(rows.map(([score, late]) => ({ score, late })))).toBeCloseTo(value, 12);
  });
});

describe('overheadSeconds', () => {
  const at = (second: number) => new Date(second * 1000).toISOString();
  const execution = (status: string) => ({
    id: 'e',
    status: 'succeeded',
    createdAt: at(0),
    endedAt: at(60),
    failure: null,
    approval: null,
    model: null,
    steps: [{ step: 'train', status, startedAt: at(10), endedAt: at(52), output: { seconds: { training: 40, waiting: 1 } } }],
  });

  it('leaves out the job and the person', () => {
    expect(overheadSeconds({ execution: execution('succeeded'), approvalMs: 5000, rolloutMs: 3000 })).toBe(11);
  });

  it('leaves out nothing for a job that was not run again', () => {
    expect(overheadSeconds({ execution: execution('reused'), approvalMs: 5000, rolloutMs: 0 })).toBe(55);
  });
});
