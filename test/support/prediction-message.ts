import type { PredictionMessage } from '../../core/serving/index.ts';

/** What `predict` tells the log of a call, without predictions. */
export const BARE_MESSAGE: PredictionMessage = {
  schema: 'sluice.predictions.v1',
  tenant: 'tenant-a',
  model: 'flights',
  modelId: 'm',
  version: 2,
  versionId: 'v-2',
  arm: 'v2',
  receivedAt: '2026-04-01T12:00:00.123Z',
  types: {},
  predictions: [],
};
