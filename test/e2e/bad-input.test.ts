import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { keepFigures } from '../support/figures.ts';
import { badApprovals } from './bad-input/approvals.ts';
import { badCallers } from './bad-input/callers.ts';
import { badExecutions } from './bad-input/executions.ts';
import { badPredictions } from './bad-input/predictions.ts';
import { type BadInputStand, type Case, startBadInputStand } from './bad-input/stand.ts';

/**
 * The catalogue of bad input. Each case sends something wrong to the deployed app and shows the clear error, the reason that is stored,
 * that nothing was left half-done, and that the next good attempt works. An engine that is killed mid-execution is a case of its own, in
 * `test/chaos/engine`, because every other case would die with it.
 */

const counted = { cases: 0, passed: 0 };
let stand: BadInputStand;

beforeAll(async () => {
  stand = await startBadInputStand(inject('app'), inject('prefix'));
});
afterAll(async () => {
  await stand?.stop();
  await keepFigures('bad-inputs', counted);
});

const bad: Case = (name, test) => {
  counted.cases++;
  it(name, async () => {
    await test();
    counted.passed++;
  });
};

// Jobs and deadlines are waited for side by side.
describe.concurrent('refuses and survives', () => {
  for (const part of [badExecutions, badApprovals, badPredictions, badCallers]) part(() => stand, bad);
});
