import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Execution } from '../../examples/flights/training.ts';
import { startWebhookReceiver } from '../../examples/flights/webhook-receiver.ts';
import type { DeployedApp } from '../../setup/deployed-app.ts';
import { startBadInputStand } from '../e2e/bad-input/stand.ts';
import { smallPipeline } from '../e2e/rows.ts';

/** Its schedule is in EventBridge, and its windows are days of the rows. */
const MONITOR = {
  reference: { kind: 'training' },
  window: { hours: 24, startsAt: '2001-01-02T00:00:00Z' },
  latenessHours: 0,
  clock: 'watermark',
  minRows: 2,
  alertOn: ['columns'],
};
const ASKED = { features: { size: 99, colour: 'red' }, eventTime: '2001-01-02T03:00:00Z' };
const ATTEMPTS = 200;

/**
 * A deployed app with something of everything in it: a model that is live, an execution that waits for a person, a monitor, somebody
 * who is told of events, a logged prediction. `goesOn` holds when all of it does.
 */
export async function putInUse(app: DeployedApp, prefix: string) {
  const stand = await startBadInputStand(app, prefix);
  const { tenant, goodRows, ended } = stand;
  const { asScientist, asApprover, asService, slug } = tenant;
  const receiver = await startWebhookReceiver();

  const begin = async (name: string, approval: boolean) => {
    await asScientist.put(`/v1/pipelines/${name}`, { source: smallPipeline({ name, approval: `{ required: ${approval} }` }) });
    return stand.start(name, goodRows);
  };
  const predict = async () => {
    const { predictions } = await asService.post<{ predictions: readonly { id: string; score: number }[] }>(
      '/v1/models/small/predictions',
      { rows: [ASKED, ASKED] },
    );
    const [prediction] = predictions;
    if (!prediction) throw new Error('a row was asked for and nothing answered');
    return prediction;
  };
  const logged = (id: string) => eventually(() => asService.get<{ output: { score: number } }>(`/v1/predictions/${id}`));

  const waiting = await ended((await begin('approved', true)).id, 'awaiting_approval');
  expect(waiting.status, JSON.stringify(waiting.failure)).toBe('awaiting_approval');
  await asScientist.put('/v1/models/small/monitors/world', MONITOR);
  const webhook = await asService.post<{ secret: string }>('/v1/webhooks', { url: receiver.urlOf(slug), eventTypes: ['rollout.*'] });
  receiver.trust(slug, webhook.secret);
  const before = await predict();
  await logged(before.id);

  const succeeds = async (execution: Pick<Execution, 'id'>) => {
    const { status, failure } = await ended(execution.id);
    expect(status, JSON.stringify(failure)).toBe('succeeded');
  };

  return {
    async goesOn(): Promise<void> {
      expect((await predict()).score).toBeCloseTo(before.score, 9);
      expect((await logged(before.id)).output.score).toBe(before.score);

      await asApprover.post(`/v1/approvals/${waiting.approval}/decisions`, { decision: 'approved', comment: 'kept' });
      await succeeds(waiting);
      // The rollout of before may have been told of late: it is this one that is waited for.
      await eventually(async () => {
        const told = receiver.received(slug).filter(({ type }) => type === 'rollout.succeeded.v1');
        expect(
          told.map(({ data }) => data['model']),
          receiver.refused.join('; '),
        ).toContain('approved');
      });

      const scans = '/v1/models/small/monitors/world/scans';
      await asScientist.post(scans, { asOf: '2001-01-03T01:00:00Z' });
      await eventually(async () => {
        const { items } = await asScientist.get<{ items: readonly { status: string }[] }>(scans);
        expect(items.map(({ status }) => status)).toContain('succeeded');
      });
      await succeeds(await begin('anew', false));

      const chain = await eventually(async () => {
        const part = await asApprover.get<Verification>('/v1/audit/verification');
        if (part.checked.evidence === 0) throw new Error('nothing of the audit is sealed yet');
        return part;
      });
      expect(chain).toMatchObject({ finding: null });
    },
    async stop(): Promise<void> {
      await Promise.all([receiver.stop(), stand.stop()]);
    },
  };
}

interface Verification {
  readonly finding: unknown;
  readonly checked: { readonly sealed: number; readonly evidence: number };
}

/** Asked until it is so: much follows a moment after the answer. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(300);
    }
  }
}
