import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import type { DataInUse } from '../../core/retention/index.ts';
import { newExecution } from '../support/new-execution.ts';
import type { Transactions } from './transactions.ts';

const DAY_MS = 24 * 60 * 60_000;
const hash = (of: string) => of.repeat(64);

/** What every `DataInUse` must do beside writers; what it holds is in retention.test.ts. */
export function dataInUseContract(open: () => Promise<Transactions>, inUse: () => DataInUse) {
  describe('data in use', () => {
    const heldNow = async (tenant: string, ask: Parameters<DataInUse['whileNobodyBegins']>[1]) => {
      const held: string[] = [];
      await inUse().whileNobodyBegins(tenant, ask, async (found) => void held.push(...found));
      return held.sort();
    };
    const asOf = (batchesEndedBefore: Date) => ({ inputHashes: [], batchesEndedBefore });

    it('is seen also where somebody is about to be handed it: either he keeps it, or he makes it anew', async () => {
      const store = await open();
      const { tenant } = store.ctx;
      const inputHash = hash('f');
      const execution = await store.write((tx) => newExecution(tx, store.ctx));
      const record = async (of: string, output: object) => {
        const { attempt } = await store.write((tx) => tx.steps.begin({ execution: of, step: 'split', inputHash }, store.ctx.now));
        await store.write((tx) =>
          tx.steps.succeed({ execution: of, step: 'split', attempt, inputHash, output: { ...output } }, store.ctx.now),
        );
      };
      await record(execution, {});
      await store.write(async (tx) => tx.executions.change(execution, { status: 'failed' }, store.ctx.now));
      const removing = () => heldNow(tenant, { inputHashes: [inputHash], batchesEndedBefore: undefined });
      const folder = `tenants/${tenant}/executions-data/${inputHash}/`;
      const begin = (of: string) => (tx: ControlTx) => tx.steps.begin({ execution: of, step: 'split', inputHash }, store.ctx.now);
      const later = await store.write((tx) => newExecution(tx, store.ctx));
      const { first, second } = await inTurn(store, begin(later), removing);
      expect([first.recorded, second]).toEqual([{}, [folder, `tenants/${tenant}/quarantine/${inputHash}.parquet`]]);
      // Whoever holds it keeps the record of it too.
      expect(await store.read((tx) => tx.steps.recorded('split', inputHash))).toEqual({});
      await store.write(async (tx) => tx.executions.change(later, { status: 'failed' }, store.ctx.now));

      const last = await store.write((tx) => newExecution(tx, store.ctx));
      let begun: Promise<object> | undefined;
      await inUse().whileNobodyBegins(tenant, { inputHashes: [inputHash], batchesEndedBefore: undefined }, async (held) => {
        expect([...held]).toEqual([]);
        begun = store.write(begin(last));
        await sleep(200);
        expect(await store.read((tx) => tx.steps.list(last))).toEqual([]);
      });
      expect(await begun).toEqual({ attempt: 1 });
      expect(await removing()).toContain(folder);
    });

    it('is seen of a batch that is being started: who removes its files waits for it, and it for him', async () => {
      const store = await open();
      const { tenant } = store.ctx;
      const version = await store.write(async (tx) => {
        const { id } = await tx.models.lock('flights', 'ada');
        const none = { runId: null, executionId: null, datasetVersionId: null, evaluationId: null, profileKey: null, trainingKey: null };
        const kept = { artifactKey: 'a', artifactSha256: hash('a'), artifactBytes: 5, signatureKey: 's', signature: {} };
        return tx.modelVersions.add(id, { ...none, ...kept }, 'ada', store.ctx.now);
      });
      const inputKey = `tenants/${tenant}/batch-inputs/${hash('9')}`;
      const of = {
        modelId: version.modelId,
        versionId: version.id,
        inputKey,
        inputSha256: hash('9'),
        format: 'csv',
        createdBy: 'ada',
      } as const;
      const files = [inputKey, `tenants/${tenant}/batches/${version.id}/${hash('9')}-csv-1/`];
      const { first, second } = await inTurn(
        store,
        (tx) => tx.batches.add(of, store.ctx.now),
        () => heldNow(tenant, asOf(new Date())),
      );
      expect(second).toEqual(files);
      await store.write((tx) => tx.batches.change(first.id, { status: 'failed', failure: { code: 'defect' } as never }, store.ctx.now));
      expect(await heldNow(tenant, asOf(new Date()))).toEqual([]);
      // Ended a moment ago, and so not before these days.
      expect(await heldNow(tenant, asOf(new Date(store.ctx.now.getTime() - DAY_MS)))).toEqual(files);
      let isStarted = false;
      await inUse().whileNobodyBegins(tenant, asOf(new Date()), async () => {
        void store
          .write((tx) => tx.batches.add(of, store.ctx.now))
          .then(() => {
            isStarted = true;
          });
        await sleep(200);
        expect(isStarted).toBe(false);
      });
      await expect.poll(() => isStarted).toBe(true);
    });
  });
}

/** The second comes while the first has not committed, and waits for it. */
async function inTurn<First, Second>(store: Transactions, work: (tx: ControlTx) => Promise<First>, second: () => Promise<Second>) {
  let waited = true;
  let other: Promise<Second> | undefined;
  const first = await store.write(async (tx) => {
    const done = await work(tx);
    other = second();
    void other.then(() => {
      waited = false;
    });
    await sleep(200);
    expect(waited).toBe(true);
    return done;
  });
  return { first, second: await (other as Promise<Second>) };
}
