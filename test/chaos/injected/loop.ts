import { createHash } from 'node:crypto';
import { type ApiClient, apiClient, type Membership, Refused } from './api-client.ts';
import { BATCH_CSV, PIPELINE, predictionRows } from './made-rows.ts';
import type { Region } from './region.ts';

export interface LoopProps {
  readonly region: Region;
  /** Names the tenant, its people and its predictions. */
  readonly name: string;
  readonly datasets: readonly [Buffer, Buffer];
  readonly webhookUrl: string;
  readonly memberships: (principal: string) => Promise<readonly Membership[]>;
}

export interface LoopOutcome {
  readonly tenant: string;
  readonly people: readonly ApiClient[];
  /** Every id that was sent to be predicted and answered. */
  readonly predicted: readonly string[];
  readonly labelled: ReadonlyMap<string, boolean>;
}

const MODEL = 'delays';
/** What the webhook asks for; every event is offered to it. */
export const WANTED = ['execution.succeeded.v1', 'rollout.*', 'monitor.*', 'batch.*'];
const MOST_LOOKS = 12;
/** A person who wants a model starts an execution that failed again. */
const MOST_STARTS = 4;

/** The whole loop once, as the people of one tenant go through it. */
export async function runLoop({ region, name, datasets, webhookUrl, memberships }: LoopProps): Promise<LoopOutcome> {
  const person = (who: string) => apiClient(region, `${who}-${name}`, memberships);
  const [root, ada, bob] = [person('root'), person('ada'), person('bob')];
  const predicted: string[] = [];
  const labelled = new Map<string, boolean>();

  const admin = { principal: root.principal, kind: 'user', displayName: 'Root' };
  const { tenant } = (await ordered(region, { action: 'create-tenant', slug: name, name, admin })) as { readonly tenant: string };
  await region.settle();
  for (const [who, roles] of [
    [ada, ['scientist', 'operator']],
    [bob, ['approver', 'viewer']],
  ] as const)
    await root.call('putMember', { path: { principal: who.principal }, body: { kind: 'user', displayName: 'One of us', roles } });
  await region.settle();

  await ada.call('registerWebhook', { body: { url: webhookUrl, eventTypes: WANTED } });
  await ada.call('putPipeline', { path: { pipeline: 'delays' }, body: { source: PIPELINE } });
  await addRows(datasets[0]);
  const first = await ada.call('startExecution', { path: { pipeline: 'delays' }, body: { environment: 'first' } });
  await decided(first.id, () => ada.call('startExecution', { path: { pipeline: 'delays' }, body: { environment: 'first' } }));

  await predict(0, 0);
  await predict(1, 1, 2000);
  const labels = predicted.slice(0, 15).map((predictionId, row) => ({ predictionId, value: row % 3 === 0 }));
  await ada.call('recordGroundTruth', { body: { labels } });
  for (const { predictionId, value } of labels) labelled.set(predictionId, value);

  await addRows(datasets[1]);
  await ada.call('putMonitor', {
    path: { model: MODEL, monitor: 'hourly' },
    body: {
      reference: { kind: 'window', from: '2001-04-01T00:00:00Z', to: '2001-04-01T01:00:00Z' },
      window: { hours: 1, startsAt: '2001-04-01T01:00:00Z' },
      clock: 'watermark',
      schedule: 'rate(1 hour)',
      minRows: 20,
      alertOn: ['columns'],
      retraining: { pipeline: 'delays', cooldownHours: 1, budget: { executions: 1, days: 1 } },
    },
  });
  await region.settle();
  await ada.call('startScans', { path: { model: MODEL, monitor: 'hourly' }, body: { asOf: '2001-04-01T02:00:00Z' } });
  await region.settle();

  const sha256 = await upload('batch', Buffer.from(BATCH_CSV));
  await ada.call('createBatch', { path: { model: MODEL }, body: { sha256, format: 'csv' } });
  await region.settle();

  const [retraining] = (await bob.call('listRetrainings', { path: { model: MODEL } })).items;
  if (retraining?.execution) await decided(retraining.execution, () => ada.call('startExecution', { path: { pipeline: 'delays' } }));
  return { tenant, people: [root, ada, bob], predicted, labelled };

  async function upload(kind: 'dataset' | 'batch', content: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const { url, headers, alreadyThere } = await ada.call('createUpload', { body: { kind, sha256, bytes: content.byteLength } });
    if (alreadyThere) return sha256;
    const { status } = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(content) });
    if (status !== 200) throw new Error(`the upload was answered ${status}`);
    return sha256;
  }

  async function addRows(content: Buffer): Promise<void> {
    const sha256 = await upload('dataset', content);
    await ada.call('createDatasetVersion', { path: { dataset: 'delays' }, body: { sha256, format: 'parquet' } });
    await region.settle();
  }

  async function predict(call: number, hour: number, moved = 0): Promise<void> {
    const rows = predictionRows(name, call, hour, moved);
    const { predictions } = await ada.call('createPredictions', { path: { model: MODEL }, body: { rows } });
    predicted.push(...predictions.map(({ id }: { readonly id: string }) => id));
    await region.settle();
  }

  /** Up to a live version: a second person says yes, a canary gets its traffic. What failed on the way is started again. */
  async function decided(execution: string, again: () => Promise<{ readonly id: string }>): Promise<void> {
    let [id, starts, calls] = [execution, 1, 100];
    for (let look = 0; look < MOST_LOOKS * MOST_STARTS; look++) {
      await region.settle();
      const { status, approval, failure } = await ada.call('findExecution', { path: { execution: id } });
      if (status === 'succeeded') return;
      if (['failed', 'refused', 'rejected', 'stopped'].includes(status)) {
        if (starts === MOST_STARTS) throw new Error(`execution ${id} ended as ${status}: ${JSON.stringify(failure)}`);
        starts += 1;
        const started = await again().catch(unlessRunning);
        if (started) id = started.id;
      } else if (status === 'awaiting_approval' && approval) {
        await bob
          .call('decideApproval', { path: { approval }, body: { decision: 'approved', comment: 'It is good.' } })
          .catch(unlessDecided);
      } else if (status === 'rolling_out') {
        const first = predicted.length === 0;
        if (!first) await predict(calls++, 2);
        await region.settle();
        region.time.goOn('long');
      }
    }
    throw new Error(`execution ${id} comes to no end`);
  }
}

/** A platform engineer's order; given again until it is carried out. */
async function ordered(region: Region, order: object): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await region.invoke('engineer', 'administer', 'create-tenant', order);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function unlessRunning(error: unknown): undefined {
  if (!(error instanceof Refused) || error.code !== 'execution_running') throw error;
}

/** An approval whose machine broke between two looks. */
function unlessDecided(error: unknown): undefined {
  if (!(error instanceof Refused) || !['approval_decided', 'approval_expired'].includes(error.code)) throw error;
}
