/** A store could not be reached or gave way; trying again later is right. The name is what Step Functions retries by. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly retryAfterSeconds: number;
  constructor(store: string, options: { readonly cause: unknown; readonly retryAfterSeconds?: number }) {
    super(`${store} is not available for the moment; try again`, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds ?? 2;
  }
}
