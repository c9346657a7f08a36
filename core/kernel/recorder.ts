/** A fact worth telling: becomes one audit row and one outbox message in the transaction that made it true. */
export interface Recorded {
  /** Versioned event type, e.g. `model.version.registered.v1`. */
  readonly type: string;
  /** The aggregate, e.g. `model/flights/versions/1`; messages of one subject carry a rising sequence. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Where the message goes; `bus` unless it is an order to the orchestrator or a projection. */
  readonly destination?: 'bus' | 'execution' | 'task' | 'membership';
}

export interface Recorder {
  record(fact: Recorded): void;
}
