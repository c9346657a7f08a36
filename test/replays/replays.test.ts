import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../api/routes.ts';
import { type ApiStand, startApi } from '../support/api-stand.ts';
import { keepFigures } from '../support/figures.ts';
import { KEYED, REPEATED, refuseOthers, replay } from './replay.ts';

const TIMES = 1_000;

let stand: ApiStand;
const figures = { routes: REPEATED.length, replays: 0, effects: 0, differing: 0, refusedOthers: 0 };

beforeAll(async () => {
  stand = await startApi();
});
afterAll(async () => {
  await keepFigures('replays', figures);
  await stand.stop();
});

// Each route has tenants of its own, and waits for the database half of the time.
describe.concurrent('a write', () => {
  it('says how it is repeated, whatever its route', () => {
    const silent = Object.entries(ROUTES).filter(([, { method, idempotency }]) => method !== 'GET' && idempotency === undefined);
    // Predictions are logged once by their ids: docs/adr/0008-prediction-log-exactly-once.md.
    expect(silent.map(([operation]) => operation)).toEqual(['createPredictions']);
  });

  it.each(REPEATED.map(([operation]) => operation))(`has one effect and one answer however often it is made: %s`, async (operation) => {
    const { replays, effects, wrong } = await replay(stand, operation, TIMES);
    figures.replays += replays;
    figures.differing += wrong.length;
    expect(wrong).toEqual([]);
    figures.effects += effects;
  });

  it.each(REPEATED.filter(([, { concurrency }]) => concurrency === 'if-match').map(([operation]) => operation))(
    'is the same when it names the revision that was seen: %s',
    async (operation) => {
      const { replays, wrong } = await replay(stand, operation, 50, true);
      figures.replays += replays;
      figures.differing += wrong.length;
      expect(wrong).toEqual([]);
    },
  );

  it.each(KEYED.map(([operation]) => operation))('is refused under a key that was used for another: %s', async (operation) => {
    expect(await refuseOthers(stand, operation)).toEqual([]);
    figures.refusedOthers += 1;
  });
});
