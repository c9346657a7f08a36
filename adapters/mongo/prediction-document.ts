import type { PredictionRecord } from '#core/serving/index.ts';

/** A prediction as Mongo keeps it; id and tenant are in `_id` and `tenant`. */
export interface PredictionDocument extends Omit<PredictionRecord, 'id' | 'tenant' | 'eventTime' | 'receivedAt'> {
  readonly eventTime: Date;
  readonly receivedAt: Date;
  /** The archive's file that holds the row. */
  readonly file: string;
  readonly expiresAt: Date;
}

export type PredictionFields = Omit<PredictionDocument, 'file' | 'expiresAt'>;

export function toDocument({ id: _id, tenant: _tenant, ...row }: PredictionRecord): PredictionFields {
  return { ...row, eventTime: new Date(row.eventTime), receivedAt: new Date(row.receivedAt) };
}

export function fromDocument(tenant: string, id: string, document: PredictionFields): PredictionRecord {
  const { model, modelId, version, versionId, arm, unit, features, output, traceparent } = document;
  return {
    id,
    tenant,
    model,
    modelId,
    version,
    versionId,
    arm,
    ...(unit === undefined ? {} : { unit }),
    eventTime: document.eventTime.toISOString(),
    receivedAt: document.receivedAt.toISOString(),
    features,
    output,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
