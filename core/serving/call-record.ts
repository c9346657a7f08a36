/** What one call asked of one version, as a rollout is judged and a model's health is told by it. Times are RFC 3339 in UTC. */
export interface CallRecord {
  /** The same for a call that is delivered again. */
  readonly id: string;
  readonly model: string;
  readonly modelId: string;
  readonly versionId: string;
  readonly version: number;
  readonly arm: string;
  readonly receivedAt: string;
  /** How many rows of the call were this version's. */
  readonly rows: number;
  /** What checking and scoring the rows took; loading the model, which only a first call waits for, is not in it. */
  readonly durationMs: number;
  readonly outcome: 'ok' | 'error';
  /** Why, when the outcome is `error`. */
  readonly error?: string | undefined;
  /** The probability of the positive class of each row; none when the outcome is `error`. */
  readonly scores: Float32Array;
}
