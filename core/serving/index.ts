/** Live models: who serves, what a row must hold, what is kept of each prediction. Start at predict.ts. */
export type { CallRecord } from './call-record.ts';
export { findPrediction, type PredictionWithTruth } from './find-prediction.ts';
export { epochSeconds } from './instant.ts';
export { type Columns, type Features, type FeatureValue, MISSING_INT64, packEach, packRows } from './pack-rows.ts';
export { callOf, parsePredictionMessage } from './parse-message.ts';
export type {
  Calls,
  Label,
  Labels,
  PredictionArchive,
  PredictionLog,
  PredictionQueue,
  Predictions,
  Routing,
  ServedModel,
  ServedModels,
  Stopwatch,
} from './ports.ts';
export { type PredictPorts, predict, type ServedCall } from './predict.ts';
export { hourPath, type PlannedFile, type PredictionFile, type PredictionRow, planFiles } from './prediction-file.ts';
export type { Prediction, PredictionMessage, PredictionRecord } from './prediction-record.ts';
export { type LabelStatus, recordGroundTruth } from './record-ground-truth.ts';
export type { Arm, RoutingEntry } from './routing.ts';
export { type SettlePorts, settleFiles, settleLeft } from './settle-files.ts';
export { type FeatureType, parseSignature, type Signature, type SignatureInput } from './signature.ts';
