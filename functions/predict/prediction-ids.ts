import { v5, v7 } from 'uuid';
import { canonicalJson } from '#core/kernel/index.ts';
import type { FeatureValue } from '#core/serving/index.ts';

const NAMESPACE = '6f0c2d2e-58f1-5b5e-9a53-3d1f7d0f6b9a';

interface Row {
  readonly id?: string | undefined;
  readonly unit?: string | undefined;
  readonly eventTime?: string | undefined;
  readonly features: Readonly<Record<string, FeatureValue>>;
}

/**
 * Each row's id: the caller's own, else one derived from the Idempotency-Key, the row's place and what it says, so that a retry
 * is logged as the call it repeats and another row under a used key as a prediction of its own, else a new one.
 */
export function predictionIds(tenant: string, model: string, rows: readonly Row[], idempotencyKey: string | undefined): readonly string[] {
  return rows.map(({ id, unit, eventTime, features }, index) => {
    if (id !== undefined) return id;
    if (idempotencyKey === undefined) return v7();
    return v5(JSON.stringify([tenant, model, idempotencyKey, index, canonicalJson({ unit, eventTime, features })]), NAMESPACE);
  });
}
