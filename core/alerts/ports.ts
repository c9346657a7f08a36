/** An address of a tenant that is told of events. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  /** Exact types, `rollout.*` for all that begin so, or `*` for all. */
  readonly eventTypes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface WebhookEndpoints {
  add(endpoint: WebhookEndpoint & { readonly secret: string }): Promise<void>;
  /** Newest first; a secret is never listed. */
  list(page: {
    readonly limit: number;
    readonly before?: { readonly createdAt: Date; readonly id: string } | undefined;
  }): Promise<readonly WebhookEndpoint[]>;
  /** How many the tenant has, so that others who add wait until the transaction ends. */
  countLocked(): Promise<number>;
  /** @returns what was removed; undefined when nobody has it, or another was faster */
  remove(id: string): Promise<WebhookEndpoint | undefined>;
  /** Whether anything was ever told of this id: of one that was removed it was, of one that never was it was not. */
  wasTold(id: string): Promise<boolean>;
}
