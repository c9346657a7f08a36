/** Who acts. Roles come from the membership in `tenant`, never from the token. */
export interface Principal {
  readonly id: string;
  readonly kind: 'user' | 'service';
  readonly roles: readonly Role[];
}

export const ROLES = ['viewer', 'scientist', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What every use case knows about the call: the tenant, the caller, the clock and how to find it in the logs. */
export interface Context {
  readonly tenant: string;
  readonly principal: Principal;
  readonly now: Date;
  readonly requestId: string;
  readonly traceparent?: string | undefined;
}
