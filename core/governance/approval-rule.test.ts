import { describe, expect, it } from 'vitest';
import type { Principal, Role } from '#core/kernel/index.ts';
import { approvalTerms, mayDecide } from './approval-rule.ts';
import { type ApprovalRule, BUILT_IN } from './policy.ts';
import type { Approval } from './ports.ts';

const NOW = new Date('2026-01-02T00:00:00Z');
const APPROVAL: Approval = {
  id: 'a',
  execution: 'e',
  status: 'pending',
  requestedFor: 'x',
  model: 'flights',
  environment: null,
  author: 'ada',
  evidence: {},
  revision: 1,
  createdAt: NOW,
  expiresAt: new Date('2026-01-02T00:00:01Z'),
  decidedBy: null,
  decidedAt: null,
  comment: null,
  policyVersion: 0,
};
const under = (...approvals: ApprovalRule[]) => ({ ...BUILT_IN, version: 7, rules: { approvals, gates: [] } });
const user = (id: string, ...roles: Role[]): Principal => ({ id, kind: 'user', roles: ['approver', ...roles] });

function answer(principal: Principal, policy = BUILT_IN, approval: Partial<Approval> = {}): string {
  try {
    mayDecide({ ...APPROVAL, ...approval }, { principal, now: NOW }, policy);
    return 'may';
  } catch (error) {
    return (error as Error).name;
  }
}

describe('whoever may decide an approval', () => {
  const named = under({ models: 'fl*', deciders: { principals: ['grace'], roles: ['admin'] } });
  it.each<[string, string, () => string]>([
    ['is a second user', 'may', () => answer(user('bob'))],
    ['is not the author', 'approval_by_author', () => answer(user('ada'))],
    [
      'is not the author, though named',
      'approval_by_author',
      () => answer(user('ada'), under({ models: '*', deciders: { principals: ['ada'] } })),
    ],
    ['is no service', 'approval_needs_a_user', () => answer({ id: 'ci', kind: 'service', roles: ['approver'] })],
    ['is no service, though named', 'approval_needs_a_user', () => answer({ id: 'grace', kind: 'service', roles: ['approver'] }, named)],
    ['is named', 'may', () => answer(user('grace'), named)],
    ['has a role that is named', 'may', () => answer(user('bob', 'admin'), named)],
    ['is nobody else', 'approver_not_named', () => answer(user('bob', 'operator'), named)],
    ['is anybody for a model that no rule is about', 'may', () => answer(user('bob'), named, { model: 'credit' })],
    [
      'is who the first rule that fits says',
      'may',
      () =>
        answer(
          user('bob'),
          under({ models: 'flights', deciders: { principals: ['bob'] } }, { models: '*', deciders: { principals: ['grace'] } }),
        ),
    ],
    [
      'is who the rule of the environment says',
      'approver_not_named',
      () =>
        answer(user('bob'), under({ models: '*', environments: ['prod'], deciders: { principals: ['grace'] } }), { environment: 'prod' }),
    ],
    ['is too late at the deadline', 'approval_expired', () => answer(user('bob'), BUILT_IN, { expiresAt: NOW })],
    ['is too late when it is written down', 'approval_expired', () => answer(user('bob'), BUILT_IN, { expiresAt: NOW, status: 'expired' })],
    [
      'is too late for one that was decided',
      'approval_decided',
      () => answer(user('bob'), BUILT_IN, { expiresAt: NOW, status: 'approved' }),
    ],
    ['is too late for one whose execution ended', 'approval_decided', () => answer(user('bob'), BUILT_IN, { status: 'expired' })],
  ])('%s', (_, expected, decide) => expect(decide()).toBe(expected));

  it('is told whom to ask', () => {
    expect(() => mayDecide(APPROVAL, { principal: user('bob'), now: NOW }, named)).toThrow(
      expect.objectContaining({
        failure: { code: 'approver_not_named', policyVersion: 7, model: 'flights', principals: ['grace'], roles: ['admin'] },
      }),
    );
  });
});

describe('the terms of an approval', () => {
  const terms = (
    rule: Omit<ApprovalRule, 'models'>,
    says: { required: boolean; timeoutHours: number },
    environment: string | null = null,
  ) => approvalTerms(under({ models: 'flights', ...rule }), { model: 'flights', environment }, says);
  it.each([
    ['are the pipeline’s when the policy says nothing', {}, { required: false, timeoutHours: 72 }, { required: false, timeoutHours: 72 }],
    ['are asked for by the policy alone', { required: true }, { required: false, timeoutHours: 72 }, { required: true, timeoutHours: 72 }],
    ['are not dropped by the policy', { required: false }, { required: true, timeoutHours: 72 }, { required: true, timeoutHours: 72 }],
    ['end no later than the policy says', { longestHours: 8 }, { required: true, timeoutHours: 72 }, { required: true, timeoutHours: 8 }],
    ['may end earlier', { longestHours: 8 }, { required: true, timeoutHours: 0.5 }, { required: true, timeoutHours: 0.5 }],
    [
      'are another environment’s business',
      { environments: ['prod'], required: true },
      { required: false, timeoutHours: 1 },
      { required: false, timeoutHours: 1 },
    ],
  ])('%s', (_, rule, says, expected) => expect(terms(rule, says)).toEqual(expected));
});
