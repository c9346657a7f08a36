import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationRoutes } from '../../api/evaluations.ts';
import type { ChampionComparison } from '../../core/evaluation/index.ts';
import type { Context } from '../../core/kernel/index.ts';
import { registerVersion, setAlias } from '../../core/registry/index.ts';
import { evaluationHandlers } from '../../functions/operations/evaluations.ts';
import { DELAYS } from '../support/delays-pipeline.ts';
import { goodModel, startTrainingSteps } from '../support/training-steps.ts';

const PIPELINE = `${DELAYS}split: { by: time, column: date, validationDays: 2, testDays: 3, trainDays: 20 }
evaluation: { resamples: 50 }
gates:
  - { metric: auc, noWorseThan: champion }
  - { metric: f1, noWorseThan: champion, margin: 0.01 }
approval: { required: false }
deployment: { model: delays }
`;

/** Rows every ten minutes, whose answer the fixture's model partly knows; `days` of them. */
const rows = (days: number) => `
  select (200 + hash(i) % 2000)::integer as distance,
         case when i % 50 = 0 then null else (hash(i, 1) % 40)::double end as delay,
         case when i % 70 = 0 then null when i % 3 = 0 then 'SFO' else 'ATL' end as origin,
         i % 7 < 2 as weekend,
         timestamp '2001-01-01' + interval (i * 10) minute as date,
         (hash(i, 1) % 40) + (hash(i, 2) % 40) > 40 as late
  from range(${days * 144}) t(i)`;

let steps: Awaited<ReturnType<typeof startTrainingSteps>>;
let ctx: Context;

beforeAll(async () => {
  steps = await startTrainingSteps();
});
afterAll(() => steps?.stop());

/** One execution up to the registry; the model is the fixture's, which calls a row late from `threshold` on. */
async function evaluated(source: string, threshold: number) {
  const { id } = await steps.start(ctx, source);
  await steps.run('data-step', ctx, id, 'validate');
  const split = await steps.run('data-step', ctx, id, 'split');
  const planned = (await steps.run('pipeline-step', ctx, id, 'plan-training')) as { job?: { TrainingJobName: string } };
  const { runId } = (await steps.plane.read(ctx, (tx) => tx.executions.find(id))) ?? { runId: null };
  const entries = (await goodModel()).map((entry) =>
    entry.name === './signature.json'
      ? { ...entry, content: String(entry.content).replace('"threshold": 0.5', `"threshold": ${threshold}`) }
      : entry,
  );
  if (planned.job) {
    const finished = await steps.finishJob(ctx, runId ?? '', planned.job.TrainingJobName, entries);
    await steps.run('pipeline-step', ctx, id, 'record-training', finished);
  }
  const { champion, reportKey } = (await steps.run('evaluate-model', ctx, id, 'evaluate')) as {
    champion: ChampionComparison | null;
    reportKey: string;
  };
  const gates = (await steps.run('pipeline-step', ctx, id, 'gates')) as { passed: boolean; failures: string[] };
  const verdicts = await steps.plane.read(ctx, (tx) => tx.evaluations.verdictsOf(id));
  const report = Buffer.from((await steps.objects.read(reportKey)) ?? []).toString();
  const end = async () => {
    await steps.run('pipeline-step', ctx, id, 'register');
    await steps.plane.write(ctx, {}, (tx) => tx.executions.change(id, { status: 'succeeded' }, ctx.now));
  };
  return { split, champion, gates, verdicts, report, end };
}

describe('a challenger', () => {
  it('meets whatever the alias points at, on the newest days of the newer rows', async () => {
    ctx = steps.contextOf((await steps.newTenant()).id);
    await steps.addDataset(ctx, rows(10));
    const first = await evaluated(PIPELINE, 0.5);
    expect(first.split).toMatchObject({
      boundaries: ['2001-01-06T00:00:00.000Z', '2001-01-08T00:00:00.000Z'],
      trainFrom: '2000-12-17T00:00:00.000Z',
    });
    expect(first.champion).toBeNull();
    expect(first.gates).toEqual({ step: 'gates', passed: true, failures: [] });
    expect(first.verdicts).toMatchObject([
      { gate: 'auc no worse than champion', observed: null, passed: true, reason: expect.stringMatching(/^no champion yet/) },
      { gate: 'f1 no worse than champion', threshold: -0.01, observed: null, passed: true },
    ]);
    expect(first.report).toContain('no champion yet');
    await first.end();
    await steps.plane.write(ctx, {}, (tx) => setAlias(tx, ctx, { model: 'delays', alias: 'champion', version: 1 }));

    await steps.addDataset(ctx, rows(14));
    // The same model with a threshold that calls nearly nothing late: it ranks as well and decides worse.
    const second = await evaluated(PIPELINE, 0.999);
    expect(second.champion).toMatchObject({
      version: 1,
      comparable: true,
      differences: { auc: { difference: 0, low: 0, high: 0 }, f1: { champion: expect.any(Number), difference: expect.any(Number) } },
    });
    expect(second.gates).toMatchObject({
      passed: false,
      failures: [expect.stringMatching(/^f1 .* of version 1: worse by .*: beyond the margin of 0.01$/)],
    });
    expect(second.verdicts).toMatchObject([
      { metric: 'auc', comparison: 'no_worse_than_champion', observed: 0, threshold: 0, passed: true },
      { metric: 'f1', comparison: 'no_worse_than_champion', threshold: -0.01, passed: false },
    ]);
    expect(second.report).toMatch(/Against the champion <i>version 1<\/i>/);
    await second.end();
    const { findEvaluation } = evaluationHandlers({ plane: steps.plane, downloadUrl: async (key) => `https://data/${key}` });
    const answer = await findEvaluation(ctx, { model: 'delays', version: 2 }, { headers: {}, tenantSlug: '' });
    evaluationRoutes.findEvaluation.response.parse(answer);
    expect(answer.champion).toMatchObject({ version: 1, differences: { auc: { verdict: 'undecided' }, f1: { verdict: 'worse' } } });
    expect(answer.details).not.toHaveProperty('champion');

    // Another champion is another input: what was recorded against the first is not taken.
    await steps.plane.write(ctx, {}, (tx) => setAlias(tx, ctx, { model: 'delays', alias: 'champion', version: 2 }));
    const third = await evaluated(PIPELINE, 0.999);
    expect(third.champion).toMatchObject({ version: 2, comparable: true, differences: { f1: { difference: 0 } } });
    expect(third.gates).toMatchObject({ passed: true });
    await third.end();

    const stranger = await steps.plane.write(ctx, {}, async (tx) => {
      const like = await tx.modelVersions.find('delays', 1);
      if (!like) throw new Error('version 1 is gone');
      const signature = structuredClone(like.signature) as { inputs: { name: string }[] };
      for (const input of signature.inputs) if (input.name === 'origin') input.name = 'airline';
      const made = await registerVersion(tx, ctx, { ...like, executionId: null, signature });
      await setAlias(tx, ctx, { model: 'delays', alias: 'champion', version: made.number });
      return made.number;
    });
    const fourth = await evaluated(PIPELINE, 0.5);
    const reason = 'it takes airline, which these rows do not have';
    expect(fourth.champion).toMatchObject({ version: stranger, comparable: false, reason });
    expect(fourth.gates).toMatchObject({ passed: false, failures: Array(2).fill(expect.stringContaining(reason)) });
    expect(fourth.report).toContain(reason);
  });
});
