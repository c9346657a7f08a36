import { v5, v7 } from 'uuid';

const NAMESPACE = '6f0c2d2e-58f1-5b5e-9a53-3d1f7d0f6b9a';

/**
 * Each row's id: the caller's own, else one derived from the Idempotency-Key and the row's place, so that a retry is logged as
 * the call it repeats, else a new one.
 */
export function predictionIds(
  tenant: string,
  model: string,
  rows: readonly { readonly id?: string | undefined }[],
  idempotencyKey: string | undefined,
): readonly string[] {
  return rows.map(({ id }, index) => {
    if (id !== undefined) return id;
    return idempotencyKey === undefined ? v7() : v5(JSON.stringify([tenant, model, idempotencyKey, index]), NAMESPACE);
  });
}
