import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { PLANTED } from '../planted.ts';
import { type BadInputStand, type Case, MODEL, refusal } from './stand.ts';

const GOOD = { size: 99, colour: 'red' };

const ROWS = [
  { name: 'a missing feature', features: { size: 1 }, problem: 'missing', feature: 'colour' },
  { name: 'an extra feature', features: { size: 1, colour: 'red', color: 'red' }, problem: 'unknown', feature: 'color' },
  { name: 'a mistyped feature', features: { size: PLANTED.refusedFeature, colour: 'red' }, problem: 'wrong_type', feature: 'size' },
];

const FILES = [
  { name: 'a ragged CSV', csv: 'size,colour\n1,red\n2\n', code: 'batch_unreadable', says: 'line 3' },
  { name: 'a CSV with a header alone', csv: 'size,colour\n', code: 'batch_unreadable', says: 'no rows' },
  { name: 'a CSV with a column too few', csv: 'size\n1\n', code: 'schema_mismatch', says: 'colour' },
];

interface Batch {
  readonly id: string;
  readonly status: string;
  readonly failure: object | null;
  readonly endedAt: string | null;
}

/** Rows and files of rows that a live model cannot answer. */
export function badPredictions(stand: () => BadInputStand, bad: Case): void {
  for (const { name, features, problem, feature } of ROWS) {
    bad(`a prediction with ${name}`, async () => {
      const { predictions } = stand();
      const refused = await refusal(predictions([GOOD, features]));
      expect(refused).toMatchObject({ status: 400, code: 'features_invalid' });
      expect(refused.problem['issues']).toEqual([expect.objectContaining({ row: 1, feature, problem })]);
      // A category that it never saw is no mistake.
      expect(await predictions([GOOD, { ...GOOD, colour: PLANTED.feature }])).toMatchObject({
        version: 1,
        predictions: [{ label: true }, {}],
      });
    });
  }

  for (const { name, csv, code, says } of FILES) {
    bad(`a batch of ${name}`, async () => {
      const { tenant, upload } = stand();
      const order = async (content: string): Promise<Batch> => {
        const sha256 = await upload('batch', Buffer.from(content));
        const { id } = await tenant.asService.post<Batch>(`/v1/models/${MODEL}/batches`, { sha256, format: 'csv' });
        for (;;) {
          const batch = await tenant.asService.get<Batch>(`/v1/batches/${id}`);
          if (batch.endedAt) return batch;
          await sleep(300);
        }
      };
      const batch = await order(csv);
      expect(batch).toMatchObject({ status: 'failed', failure: { code, at: 'Plan' }, outputUrl: null, badRowsUrl: null });
      expect(JSON.stringify(batch.failure)).toContain(says);
      expect(await order('size,colour\n1,red\n2,blue\n')).toMatchObject({ status: 'succeeded', rows: 2, badRows: 0 });
    });
  }
}
