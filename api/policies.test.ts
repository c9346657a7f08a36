import { describe, expect, it } from 'vitest';
import { policyRoutes } from './policies.ts';

const { request } = policyRoutes.putPolicy;
const put = (retention: unknown) => request.safeParse({ rules: { retention }, comment: 'why' });

describe('retention in a policy', () => {
  it('is what it was written as, and nothing where nothing was', () => {
    const retention = { predictionDays: 30, groundTruthDays: 400, batchDays: 1, intermediateDays: 7, driftReportDays: 3650 };
    expect(put(retention).data?.rules).toEqual({ approvals: [], gates: [], retention });
    expect(put(undefined).data?.rules).toEqual({ approvals: [], gates: [] });
  });

  it.each([
    ['predictions that a late delivery would log twice', { predictionDays: 14 }, '>=15'],
    ['ground truth for longer than the stage keeps it', { groundTruthDays: 401 }, '<=400'],
    ['less than a day', { batchDays: 0 }, '>=1'],
    ['parts of a day', { driftReportDays: 1.5 }, 'int'],
    ['for ever', { intermediateDays: 3651 }, '<=3650'],
    ['the audit', { auditDays: 30 }, 'always kept'],
    ['evidence', { evidenceDays: 30 }, 'always kept'],
    ['artifacts', { artifactDays: 30 }, 'always kept'],
    ['metrics', { predictionDays: 30, metricDays: 30 }, 'what can be set is predictionDays'],
  ])('cannot be %s', (_, retention, sentence) => {
    const { success, error } = put(retention);
    expect(success).toBe(false);
    expect(JSON.stringify(error?.issues.map(({ message }) => message))).toContain(sentence);
  });
});

describe('the rules of a policy', () => {
  const rulesOf = (count: number) =>
    Array.from({ length: count }, (_, rule) => ({
      models: `model-${rule}-*`,
      deciders: { principals: Array.from({ length: 100 }, (_, at) => `${rule}-${at}-`.padEnd(128, 'p')) },
    }));
  const parse = (count: number) => request.safeParse({ rules: { approvals: rulesOf(count) }, comment: 'why' });

  it('are as many as an event can tell', () => {
    expect(parse(9).success).toBe(true);
  });

  it('are refused where nobody could be told of them, with what to do', () => {
    expect(parse(11).error?.issues).toEqual([
      expect.objectContaining({ path: ['rules'], message: expect.stringMatching(/at most 128 KiB.*roles in place of principals/) }),
    ]);
  });
});
