/** When a monitor's drift may start the pipeline that makes the model anew. Written by people, kept in the monitor's settings. */
export interface RetrainingPolicy {
  readonly pipeline: string;
  /** For so long after a start the same cause starts nothing again. */
  readonly cooldownHours: number;
  /** At most so many starts of one monitor in so many days, whatever their causes. */
  readonly budget: { readonly executions: number; readonly days: number };
}
