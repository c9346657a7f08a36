import { describe, expect, it } from 'vitest';
import { newExecution } from '../support/new-execution.ts';
import type { Transactions } from './transactions.ts';

const HASH = 'a'.repeat(64);
const step = 'split';

/** What every store of `Steps` must do. */
export function stepsContract(open: () => Promise<Transactions>) {
  describe('steps', () => {
    async function begun(executions = 1) {
      const store = await open();
      const ids = await store.write(async (tx) => {
        const made: string[] = [];
        for (let n = 0; n < executions; n++) made.push(await newExecution(tx, store.ctx));
        return made;
      });
      const begin = (execution: string, inputHash = HASH) =>
        store.write((tx) => tx.steps.begin({ execution, step, inputHash }, store.ctx.now));
      const succeed = (execution: string, attempt: number, output: object) =>
        store.write((tx) => tx.steps.succeed({ execution, step, attempt, inputHash: HASH, output: { ...output } }, store.ctx.now));
      const list = (execution: string) => store.read((tx) => tx.steps.list(execution));
      return { store, ids, begin, succeed, list };
    }

    it('give each of two attempts at once its own number, and the last one runs', async () => {
      const { ids, begin, list } = await begun();
      const [id = ''] = ids;
      const attempts = await Promise.all([begin(id), begin(id), begin(id)]);
      expect(attempts.map(({ attempt }) => attempt).sort()).toEqual([1, 2, 3]);
      expect((await list(id)).map(({ attempt, status, failure }) => [attempt, status, failure?.code])).toEqual([
        [1, 'failed', 'abandoned'],
        [2, 'failed', 'abandoned'],
        [3, 'running', undefined],
      ]);
    });

    it('record one result per inputs: of two writers both answer with the first', async () => {
      const { store, ids, begin, succeed } = await begun(3);
      const [one = '', two = '', three = ''] = ids;
      await Promise.all([begin(one), begin(two)]);
      const [mine, theirs] = await Promise.all([succeed(one, 1, { by: 'one' }), succeed(two, 1, { by: 'two' })]);
      expect(mine).toEqual(theirs);
      expect(await store.read((tx) => tx.steps.recorded(step, HASH))).toEqual(mine);
      expect(await succeed(one, 1, { by: 'somebody late' })).toEqual(mine);
      expect(await begin(three)).toEqual({ attempt: 1, recorded: mine });
      const outputs = await Promise.all(ids.map((id) => store.read((tx) => tx.steps.outputOf(id, step))));
      expect(outputs).toEqual([mine, mine, mine]);
    });

    it('keep how an attempt ended when a failure is told afterwards', async () => {
      const { store, ids, begin, succeed, list } = await begun();
      const [id = ''] = ids;
      const failure = { code: 'defect' };
      const fail = (attempt: number) =>
        store.write((tx) => tx.steps.fail({ execution: id, step, attempt, status: 'failed', failure }, store.ctx.now));
      await begin(id, 'b'.repeat(64));
      await fail(1);
      expect(await store.read((tx) => tx.steps.outputOf(id, step))).toBeUndefined();
      await begin(id);
      await succeed(id, 2, { rows: 1 });
      await fail(2);
      expect((await list(id)).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
    });

    it("take no other tenant's result for the same inputs", async () => {
      const [mine, theirs] = [await begun(), await begun()];
      const [[me = ''], [them = '']] = [mine.ids, theirs.ids];
      await theirs.begin(them);
      await theirs.succeed(them, 1, { secret: true });
      expect(await mine.begin(me)).toEqual({ attempt: 1 });
    });
  });
}
