import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { approvalRoutes } from '#api/approvals.ts';
import type { Context, Role } from '#core/kernel/index.ts';
import { serve } from '#functions/_http/serve.ts';
import { newExecution } from '../../test/support/new-execution.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { type HttpHandler, routeCaller } from '../../test/support/route-caller.ts';
import { approvalHandlers } from './approvals.ts';

let postgres: TestPostgres;
let plane: ControlPlane;
let handler: HttpHandler;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  handler = serve(approvalRoutes, approvalHandlers({ plane, downloadUrl: async (key) => key }), { name: 'control' }) as HttpHandler;
});
afterAll(() => postgres?.stop());

/** An execution of `ada` that waits for a person, until so many milliseconds from now. */
async function asked(milliseconds: number) {
  const tenant = await postgres.newTenant();
  const ctx: Context = { tenant: tenant.id, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
  const { execution, approval } = await plane.write(ctx, {}, async (tx) => {
    const id = await newExecution(tx, ctx, { deployment: { model: 'flights', alias: 'champion', strategy: 'all-at-once' } });
    await tx.executions.change(id, { status: 'awaiting_approval' }, ctx.now);
    const ask = { requestedFor: 'x', author: 'ada', evidence: {}, taskToken: 'token', policyVersion: 0 };
    const made = await tx.approvals.request({ ...ask, execution: id, expiresAt: new Date(Date.now() + milliseconds) }, ctx.now);
    return { execution: id, approval: made.id };
  });
  const decide = (principal: string, roles: readonly Role[], kind: 'user' | 'service' = 'user') =>
    routeCaller(approvalRoutes, () => handler, { tenant, roles, principal, kind })('decideApproval', {
      path: { approval },
      body: { decision: 'approved', comment: 'looked at it' },
    });
  return {
    tenant,
    approval,
    decide,
    found: () => plane.read(ctx, async (tx) => [await tx.approvals.find(approval), await tx.executions.find(execution)]),
  };
}

describe('a decision', () => {
  it('is a second person’s with the role for it, whatever else he may do', async () => {
    const { decide, found } = await asked(60_000);
    for (const role of ['viewer', 'scientist', 'operator', 'admin'] as const)
      expect(await decide('grace', [role]), role).toMatchObject({ status: 403, body: { type: '/problems/permission_missing' } });
    expect(await decide('ci', ['approver'], 'service')).toMatchObject({ status: 403, body: { type: '/problems/approval_needs_a_user' } });
    expect(await decide('ada', ['approver', 'admin'])).toMatchObject({ status: 403, body: { type: '/problems/approval_by_author' } });
    expect(await found()).toMatchObject([{ status: 'pending', decidedBy: null }, { status: 'awaiting_approval' }]);
    expect(await decide('grace', ['approver'])).toMatchObject({
      status: 200,
      body: { status: 'approved', decidedBy: 'grace', policyVersion: 0 },
    });
  });

  it('after the deadline is refused, and ends what waited for it, once', async () => {
    const { tenant, approval, decide, found } = await asked(-1);
    const late = await Promise.all([decide('grace', ['approver']), decide('bob', ['approver'])]);
    late.push(await decide('grace', ['approver']));
    for (const answer of late)
      expect(answer).toMatchObject({ status: 409, body: { type: '/problems/approval_expired', expiredAt: expect.any(String) } });
    expect(await found()).toMatchObject([
      { status: 'expired', decidedBy: 'system:approvals', comment: 'nobody decided in time' },
      { status: 'refused', failure: { code: 'approval_expired', at: 'approve' } },
    ]);
    const { rows } = await postgres.asOwnerIn(tenant.id, async (client) => {
      return client.query(`select type, data from outbox where subject = $1 order by sequence`, [`approval/${approval}`]);
    });
    expect(rows).toMatchObject([
      { type: 'approval.expired.v1' },
      { type: 'approval.answered.v1', data: { taskToken: 'token', output: { decision: 'expired' } } },
    ]);
  });
});
