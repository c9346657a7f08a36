import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DomainError } from '#core/kernel/index.ts';
import { PROBLEMS, toProblem } from './problem.ts';
import { problemsTable } from './problems-table.ts';

describe('a problem', () => {
  it('carries the facts of the refusal, advice, and never HTTP’s status under another meaning', () => {
    expect(toProblem(new DomainError({ code: 'approval_decided', status: 'approved' }), 'i')).toEqual({
      type: '/problems/approval_decided',
      title: 'approval decided',
      status: 409,
      instance: 'i',
      detail: expect.any(String),
      currentStatus: 'approved',
    });
    expect(toProblem(new DomainError({ code: 'upload_missing', sha256: 'x' }), 'i')).toMatchObject({
      detail: expect.any(String),
      sha256: 'x',
    });
  });

  it('of a request names every field', () => {
    const { error } = z.strictObject({ rows: z.array(z.int()) }).safeParse({ rows: [1, 'x'], more: 1 });
    expect(toProblem(error, 'i')).toMatchObject({ status: 400, issues: [{ path: 'rows.1' }, { path: '' }] });
  });

  it.each([
    ['an error', new Error('secret')],
    ['a text', 'secret'],
    ['nothing', undefined],
  ])('of a defect (%s) says nothing', (_, thrown) => {
    expect(toProblem(thrown, 'i')).toEqual({ type: 'about:blank', title: 'internal error', status: 500, instance: 'i' });
  });
});

describe('the table of problems', () => {
  it('is the one in docs/problems (else: npm run api:write)', () => {
    expect(readFileSync(new URL('../docs/problems/README.md', import.meta.url), 'utf8')).toBe(problemsTable());
  });

  it('has only statuses of refusals and of waiting', () => {
    for (const { status } of Object.values(PROBLEMS)) expect(status === 503 || (status >= 400 && status < 500)).toBe(true);
  });
});
