import type { CallRecord } from './call-record.ts';
import type { PredictionMessage } from './prediction-record.ts';

const SAFE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A message as `predict` sends it; a body of any other kind is a defect and goes to the dead letters. */
export function parsePredictionMessage(body: string): PredictionMessage {
  const message = JSON.parse(body) as Partial<PredictionMessage> | null;
  if (message?.schema !== 'sluice.predictions.v1') throw new Error('not a message of sluice.predictions.v1');
  // Both become part of an object's key.
  if (!SAFE.test(message.tenant ?? '') || !SAFE.test(message.model ?? '')) throw new Error('tenant or model is not a plain name');
  if (!Array.isArray(message.predictions) || typeof message.types !== 'object') throw new Error('no predictions or no types');
  if (message.predictions.some(({ eventTime }) => Number.isNaN(Date.parse(eventTime)))) throw new Error('an event time is not a time');
  return message as PredictionMessage;
}

/** How the version did in the call that the message tells of; undefined where it does not say. */
export function callOf({ call, ...message }: PredictionMessage): CallRecord | undefined {
  if (!call) return undefined;
  const { model, modelId, versionId, version, arm, receivedAt, predictions } = message;
  const { id, rows, durationMs, outcome, error, scores = predictions.map(({ output }) => output.score) } = call;
  const told = {
    id,
    model,
    modelId,
    versionId,
    version,
    arm,
    receivedAt,
    rows,
    durationMs,
    outcome,
    ...(error === undefined ? {} : { error }),
  };
  return { ...told, scores: Float32Array.from(scores) };
}
