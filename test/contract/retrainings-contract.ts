import { describe, expect, it } from 'vitest';
import { registerVersion, setAlias } from '#core/registry/index.ts';
import { alertedScan, POLICY } from '../support/alerted-scan.ts';
import { newExecution } from '../support/new-execution.ts';
import { fulfilled, type Transactions } from './transactions.ts';

const HOUR = 3_600_000;

/** What every store of `Retrainings` must do. */
export function retrainingsContract(open: () => Promise<Transactions>) {
  describe('retrainings', () => {
    async function opened() {
      const store = await open();
      const found = (window: number, what?: readonly string[]) =>
        store.write((tx) => alertedScan(tx, store.ctx, { window, ...(what ? { what } : {}) }));
      const at = (hours: number) => new Date(store.ctx.now.getTime() + hours * HOUR);
      const start = (finding: Awaited<ReturnType<typeof found>>, hours: number, cause = 'c') =>
        store.write(async (tx) => {
          const executionId = await newExecution(tx, store.ctx);
          const decided = { decision: 'start', reason: 'drift', details: { sentence: 's' } } as const;
          return tx.retrainings.add({ ...decided, finding, cause, policyVersion: 2, executionId }, at(hours));
        });
      return { store, found, start, at };
    }

    it('know what a scan found, with the policy as it is now; nothing of one that told of nothing or is unknown', async () => {
      const { store, found } = await opened();
      const { scan, monitorId, modelId } = await found(0, ['prediction', 'distance']);
      expect(await store.write((tx) => tx.retrainings.lockFinding(scan))).toEqual({
        scan,
        monitorId,
        monitor: 'hourly',
        modelId,
        model: 'delays',
        what: ['prediction', 'distance'],
        cause: `${monitorId}/distance+prediction`,
        policy: POLICY,
      });
      const quiet = await store.write((tx) => alertedScan(tx, store.ctx, { window: 1, what: [], retraining: null }));
      expect(await store.write((tx) => tx.retrainings.lockFinding(quiet.scan))).toBeUndefined();
      expect(await store.write((tx) => tx.retrainings.lockFinding(scan))).toMatchObject({ policy: null });
      expect(await store.write((tx) => tx.retrainings.lockFinding(store.ctx.tenant))).toBeUndefined();
    });

    it('are one per scan, also for two that decide at once', async () => {
      const { store, found, start } = await opened();
      const finding = await found(0);
      const outcomes = await Promise.allSettled([start(finding, 0), start(finding, 0)]);
      const [made] = fulfilled(outcomes);
      expect(fulfilled(outcomes)).toHaveLength(1);
      expect(await store.read((tx) => tx.retrainings.ofScan(finding.scan))).toEqual(made);
      expect(made).toMatchObject({ model: 'delays', monitor: 'hourly', scan: finding.scan, decision: 'start', details: { sentence: 's' } });
    });

    it('tell of starts since a moment, and of older ones that are still open', async () => {
      const { store, found, start, at } = await opened();
      const [ended, open, young] = [
        await start(await found(0), -50),
        await start(await found(1), -40, 'd'),
        await start(await found(2), -1),
      ];
      await store.write((tx) => tx.executions.change(ended.executionId ?? '', { status: 'failed' }, at(0)));
      const finding = await found(3);
      const refused = { decision: 'refuse', reason: 'cooldown', details: {}, cause: 'c', policyVersion: 0, executionId: null } as const;
      await store.write((tx) => tx.retrainings.add({ ...refused, finding }, at(0)));
      const starts = (hours: number) => store.read((tx) => tx.retrainings.startsOf(finding.monitorId, at(hours)));
      const told = (one: typeof young, isOpen: boolean) => ({
        retraining: one.id,
        cause: one.cause,
        execution: one.executionId,
        decidedAt: one.decidedAt,
        open: isOpen,
      });
      expect(await starts(-24)).toEqual([told(young, true), told(open, true)]);
      expect(await starts(-50)).toEqual([told(young, true), told(open, true), told(ended, false)]);
    });

    it('know what the version under an alias learned from', async () => {
      const { store } = await opened();
      const champion = () => store.read((tx) => tx.retrainings.trainedOn('delays', 'champion'));
      expect(await champion()).toBeUndefined();
      await store.write(async (tx) => {
        const execution = await tx.executions.find(await newExecution(tx, store.ctx));
        const artifact = { artifactKey: 'k', artifactSha256: 'a'.repeat(64), artifactBytes: 1, signatureKey: 's', signature: {} };
        const nothing = { runId: null, executionId: null, evaluationId: null, profileKey: null, trainingKey: null };
        const made = { model: 'delays', ...artifact, ...nothing };
        await registerVersion(tx, store.ctx, { ...made, datasetVersionId: execution?.datasetVersionId ?? null });
        await registerVersion(tx, store.ctx, { ...made, artifactSha256: 'b'.repeat(64), datasetVersionId: null });
        await setAlias(tx, store.ctx, { model: 'delays', alias: 'champion', version: 1 });
      });
      expect(await champion()).toEqual({ version: 1, dataset: 'flights', datasetVersion: 1 });
      await store.write((tx) => setAlias(tx, store.ctx, { model: 'delays', alias: 'champion', version: 2 }));
      expect(await champion()).toEqual({ version: 2, dataset: null, datasetVersion: null });
    });

    it('are listed newest first, page by page, in their tenant only', async () => {
      const { store, found, start } = await opened();
      const made = [await start(await found(0), 0), await start(await found(1), 1), await start(await found(2), 1)];
      const newest = made.toReversed();
      const first = await store.read((tx) => tx.retrainings.list('delays', { limit: 2 }));
      const after = first.at(-1);
      expect([...first, ...(await store.read((tx) => tx.retrainings.list('delays', { limit: 2, after })))]).toEqual(newest);
      const other = await open();
      expect(await other.read((tx) => tx.retrainings.list('delays', { limit: 9 }))).toEqual([]);
      expect(await other.read((tx) => tx.retrainings.ofScan(newest[0]?.scan ?? ''))).toBeUndefined();
      expect(await other.write((tx) => tx.retrainings.lockFinding(newest[0]?.scan ?? ''))).toBeUndefined();
    });
  });
}
