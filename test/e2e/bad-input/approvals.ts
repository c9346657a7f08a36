import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Client } from '../../../examples/flights/client.ts';
import type { Execution } from '../../../examples/flights/training.ts';
import { smallPipeline } from '../rows.ts';
import { type BadInputStand, type Case, refusal } from './stand.ts';

/** Long enough for one who looks every third of a second on a busy machine to see that it is asked. */
const SHORT_HOURS = 0.004;

/** Approvals by whom and when they may not be given, and policies that are not kept. */
export function badApprovals(stand: () => BadInputStand, bad: Case): void {
  async function asked(name: string, approval: string): Promise<{ readonly id: string; readonly approval: string }> {
    const { tenant, start, ended, goodRows } = stand();
    await tenant.asScientist.put(`/v1/pipelines/${name}`, { source: smallPipeline({ name, approval }) });
    const waiting = await ended((await start(name, goodRows)).id, 'awaiting_approval');
    expect(waiting, JSON.stringify(waiting.failure)).toMatchObject({ status: 'awaiting_approval', approval: expect.any(String) });
    return { id: waiting.id, approval: waiting.approval ?? '' };
  }
  const decide = (as: Client, approval: string, decision: string) =>
    as.post(`/v1/approvals/${approval}/decisions`, { decision, comment: 'checked' });
  /** Its version is registered, and serves nobody. */
  async function servesNobody(execution: Execution, name: string): Promise<void> {
    const { asScientist, asService } = stand().tenant;
    expect(execution.steps.filter(({ status, endedAt }) => status === 'running' || endedAt === null)).toEqual([]);
    expect(await asScientist.get(`/v1/models/${name}`)).toMatchObject({ latestVersion: 1, liveVersion: null, aliases: {} });
    const rows = [{ features: { size: 1, colour: 'red' } }];
    expect(await refusal(asService.post(`/v1/models/${name}/predictions`, { rows }))).toMatchObject({
      status: 404,
      code: 'model_not_live',
    });
    expect(await refusal(asService.post(`/v1/models/${name}/rollouts`, { version: 1 }))).toMatchObject({
      status: 409,
      code: 'version_not_approved',
    });
  }

  bad('an approval by the author himself, by a service, and of what was decided', async () => {
    const { tenant, ended } = stand();
    const name = 'needs-approval';
    const { id, approval } = await asked(name, '{ required: true }');
    expect(await refusal(decide(tenant.asScientist, approval, 'approved'))).toMatchObject({ status: 403, code: 'approval_by_author' });
    expect(await refusal(decide(tenant.asService, approval, 'approved'))).toMatchObject({ status: 403, code: 'permission_missing' });
    expect(await tenant.asScientist.get(`/v1/approvals/${approval}`)).toMatchObject({ status: 'pending', decidedBy: null });
    await decide(tenant.asApprover, approval, 'rejected');
    const execution = await ended(id);
    expect(execution).toMatchObject({ status: 'rejected', failure: { code: 'approval_rejected', comment: 'checked' } });
    expect(await refusal(decide(tenant.asApprover, approval, 'approved'))).toMatchObject({ status: 409, code: 'approval_decided' });
    await servesNobody(execution, name);
  });

  bad('an approval after its deadline', async () => {
    const { tenant, ended } = stand();
    const name = 'waits-briefly';
    const { id, approval } = await asked(name, `{ required: true, timeoutHours: ${SHORT_HOURS} }`);
    const { expiresAt } = await tenant.asScientist.get<{ expiresAt: string }>(`/v1/approvals/${approval}`);
    await sleep(Math.max(0, Date.parse(expiresAt) - Date.now()) + 50);
    expect(await refusal(decide(tenant.asApprover, approval, 'approved'))).toMatchObject({ status: 409, code: 'approval_expired' });
    const execution = await ended(id);
    expect(execution).toMatchObject({ status: 'refused', failure: { code: 'approval_expired', expiredAt: expiresAt, at: 'approve' } });
    expect(await tenant.asScientist.get(`/v1/approvals/${approval}`)).toMatchObject({
      status: 'expired',
      policyVersion: expect.any(Number),
    });
    await servesNobody(execution, name);
    const again = await asked(name, '{ required: true }');
    await decide(tenant.asApprover, again.approval, 'approved');
    expect(await ended(again.id)).toMatchObject({ status: 'succeeded', model: { name, version: 2 } });
  });

  bad('a pipeline without a gate that the policy demands', async () => {
    const { tenant, asAdmin, goodAttempt } = stand();
    const name = 'guarded';
    const rules = { gates: [{ models: name, metric: 'auc', atLeast: 0.55 }] };
    expect(await refusal(tenant.asScientist.put('/v1/policy', { rules, comment: 'no' }))).toMatchObject({
      status: 403,
      code: 'permission_missing',
    });
    const { version } = await asAdmin.put<{ version: number }>('/v1/policy', { rules, comment: 'bad models cost money' });
    const weak = smallPipeline({ name, gates: '[{ metric: auc, atLeast: 0.5 }]' });
    const refused = await refusal(tenant.asScientist.put(`/v1/pipelines/${name}`, { source: weak }));
    expect(refused).toMatchObject({ status: 422, code: 'gates_missing' });
    expect(refused.problem).toMatchObject({ policyVersion: version, model: name, gates: ['auc at least 0.55'] });
    expect((await refusal(tenant.asScientist.get(`/v1/pipelines/${name}`))).status).toBe(404);
    await goodAttempt(name);
  });
}
