/** One fact as it was recorded: who did what to which thing, and when. */
export interface AuditRow {
  readonly tenant: string;
  /** Rises, with gaps, over all tenants; not in the order of commits. */
  readonly seq: number;
  readonly id: string;
  /** In UTC, to the microsecond. */
  readonly at: string;
  readonly principal: string;
  readonly principalKind: string;
  /** The event type, e.g. `approval.approved.v1`. */
  readonly action: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  readonly traceparent: string | null;
}
