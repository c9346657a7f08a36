/** What a verification found first. Every kind but `unsealed` says that somebody went round the application. */
export interface Finding {
  readonly kind:
    | 'changed'
    | 'removed'
    | 'inserted'
    | 'reordered'
    /** A row waits for its place for longer than any sealing takes. */
    | 'unsealed'
    /** A recorded fact has no audit row. */
    | 'unrecorded'
    | 'evidence_missing'
    | 'evidence_differs';
  /** In the tenant's chain; null for what never had a place. */
  readonly position: number | null;
  /** One sentence: what was expected, what is there. */
  readonly reason: string;
}
