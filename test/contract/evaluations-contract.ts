import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EvaluationRecord } from '#core/evaluation/index.ts';
import { newExecution } from '../support/new-execution.ts';
import type { Transactions } from './transactions.ts';

/** What every store of `Evaluations` must do. */
export function evaluationsContract(open: () => Promise<Transactions>) {
  describe('evaluations', () => {
    async function opened() {
      const store = await open();
      const add = (evaluation: Omit<EvaluationRecord, 'createdAt'>) => store.write((tx) => tx.evaluations.add(evaluation, store.ctx.now));
      const execution = () => store.write((tx) => newExecution(tx, store.ctx));
      return { store, add, execution };
    }
    const of = (id: string, execution: string, rows: number) => ({
      id,
      execution,
      artifactSha256: 'a'.repeat(64),
      rowsSha256: 'b'.repeat(64),
      rows,
      metrics: { auc: { value: 0.7 } },
      details: {},
      reportKey: `r${rows}`,
    });

    it('of the same inputs are one for all executions, also for two that add it at once', async () => {
      const { store, add, execution } = await opened();
      const [id, one, two] = [randomUUID(), await execution(), await execution()];
      const [first, second] = await Promise.all([add(of(id, one, 1)), add(of(id, two, 2))]);
      expect(second).toEqual(first);
      expect(await add(of(id, await execution(), 3))).toEqual(first);
      expect(await store.read((tx) => tx.evaluations.find(id))).toEqual(first);
    });

    it('of one execution and artifact are one, whatever else they were made of', async () => {
      const { add, execution } = await opened();
      const by = await execution();
      const [first, second] = await Promise.all([add(of(randomUUID(), by, 1)), add(of(randomUUID(), by, 2))]);
      expect(second).toEqual(first);
    });

    it('keep what the gates said last', async () => {
      const { store, add, execution } = await opened();
      const by = await execution();
      const { id } = await add(of(randomUUID(), by, 1));
      const verdict = {
        gate: 'auc',
        metric: 'auc',
        comparison: 'at_least',
        observed: 0.7,
        threshold: 0.6,
        passed: true,
        reason: 'r',
      } as const;
      const decide = (passed: boolean, policyVersion: number) =>
        store.write((tx) =>
          tx.evaluations.setVerdicts({ execution: by, evaluation: id, policyVersion }, [{ ...verdict, passed }], store.ctx.now),
        );
      await decide(true, 0);
      await decide(false, 7);
      expect(await store.read((tx) => tx.evaluations.verdictsOf(by))).toEqual([{ ...verdict, passed: false, policyVersion: 7 }]);
    });
  });
}
