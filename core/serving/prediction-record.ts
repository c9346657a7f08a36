import type { Features } from './pack-rows.ts';
import type { FeatureType } from './signature.ts';

/** One prediction as it was given. Times are RFC 3339 in UTC. */
export interface Prediction {
  readonly id: string;
  /** Whom it is about, as the caller names it: decides the arm, and joins predictions of one thing. */
  readonly unit?: string | undefined;
  /** When what was predicted happens or happened; monitors window on it. */
  readonly eventTime: string;
  readonly features: Features;
  readonly output: PredictionOutput;
}

export interface PredictionOutput {
  readonly label: boolean;
  /** Probability of the positive class. */
  readonly score: number;
}

/** Predictions of one call by one version, and how it did: what travels to the log. */
export interface PredictionMessage {
  readonly schema: 'sluice.predictions.v1';
  readonly tenant: string;
  readonly model: string;
  readonly modelId: string;
  readonly version: number;
  readonly versionId: string;
  readonly arm: string;
  readonly receivedAt: string;
  readonly traceparent?: string | undefined;
  /** The type of each feature, so that the log gets typed columns without asking for the signature. */
  readonly types: Readonly<Record<string, FeatureType>>;
  readonly predictions: readonly Prediction[];
  /** How the version did. Older messages have none, and of several messages of one call only the first has it. */
  readonly call?: ServedPart | undefined;
}

/** One version's part of a call; one that failed has no predictions. */
export interface ServedPart {
  readonly id: string;
  readonly rows: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'error';
  readonly error?: string | undefined;
  /** The score of every row, where the message holds only some of them. */
  readonly scores?: readonly number[] | undefined;
}

/** A prediction with everything that is known about how it came about. */
export interface PredictionRecord extends Prediction, Omit<PredictionMessage, 'schema' | 'predictions' | 'types' | 'call'> {}
