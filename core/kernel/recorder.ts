/** Where a message goes: the bus, an order to the orchestrator, an answer to a waiting task, a projection, or a schedule. */
export type Destination = 'bus' | 'execution' | 'task' | 'membership' | 'schedule';

/** A fact worth telling: becomes one audit row and one outbox message in the transaction that made it true. */
export interface Recorded {
  /** Versioned event type, e.g. `model.version.registered.v1`. */
  readonly type: string;
  /** The aggregate, e.g. `model/flights/versions/1`; messages of one subject carry a rising sequence. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** @default 'bus' */
  readonly destination?: Destination;
}

export interface Recorder {
  record(fact: Recorded): void;
}
