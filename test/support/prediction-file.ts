import type { PredictionFile } from '../../core/serving/index.ts';

/** One file of the prediction log with a row per id, alike but for their ids. */
export function predictionFile(tenant: string, key: string, ids: readonly string[], score = 0.5): PredictionFile {
  return {
    key,
    tenant,
    types: { distance: 'integer' },
    rows: ids.map((id) => ({
      id,
      tenant,
      model: 'flights',
      modelId: 'm',
      version: 1,
      versionId: 'v',
      arm: 'v1',
      receivedAt: '2001-04-01T12:00:00.000Z',
      eventTime: '2001-04-01T12:00:00.000Z',
      features: { distance: 612 },
      output: { label: score > 0.5, score },
    })),
  };
}
