/** Live models: who serves, what a row must hold, what is kept of each prediction. Start at predict.ts. */
export { findPrediction, type PredictionWithTruth } from './find-prediction.ts';
export { epochSeconds } from './instant.ts';
export { type Column, type Columns, type Features, type FeatureValue, MISSING_INT64, packRows } from './pack-rows.ts';
export { parsePredictionMessage } from './parse-message.ts';
export type {
  Label,
  Labels,
  PredictionArchive,
  PredictionLog,
  PredictionQueue,
  Predictions,
  Routing,
  ServedModel,
  ServedModels,
  StoredLabel,
} from './ports.ts';
export { type Predicted, type PredictPorts, predict, type RowToPredict } from './predict.ts';
export { type PlannedFile, type PredictionFile, type PredictionRow, planFiles } from './prediction-file.ts';
export type { Prediction, PredictionMessage, PredictionRecord } from './prediction-record.ts';
export { type GroundTruth, type LabelAnswer, type LabelStatus, recordGroundTruth } from './record-ground-truth.ts';
export { type Arm, armName, assignArm, type RoutingEntry } from './routing.ts';
export { type SettlePorts, settleFile } from './settle-file.ts';
export { type FeatureType, type OnnxType, parseSignature, type Signature, type SignatureInput } from './signature.ts';
