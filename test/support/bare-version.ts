import type { ControlTx } from '../../adapters/postgres/control-tx.ts';

/** A model version as the registry keeps it, with nothing behind it: no run, no execution, no dataset, no evaluation. */
export const BARE_VERSION: Parameters<ControlTx['modelVersions']['add']>[1] = {
  runId: null,
  executionId: null,
  datasetVersionId: null,
  evaluationId: null,
  artifactKey: 'a',
  artifactSha256: 'a'.repeat(64),
  artifactBytes: 5,
  signatureKey: 's',
  profileKey: null,
  trainingKey: null,
  signature: { version: 1 },
};
