import type { Role } from '#core/kernel/index.ts';
import type { Policy, PolicyRules } from './policy.ts';

export interface Approval {
  readonly id: string;
  readonly execution: string;
  readonly status: 'pending' | 'approved' | 'rejected' | 'expired';
  /** What is asked for, e.g. `model/flights/versions/1 to production`. */
  readonly requestedFor: string;
  /** The model that the execution's version is of. */
  readonly model: string;
  /** Of the pipeline that the execution is of. */
  readonly environment: string | null;
  /** Who started what is to be approved. */
  readonly author: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly revision: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly comment: string | null;
  /** Of the policy that the decision was made by; while it is open, of the one that set the deadline. */
  readonly policyVersion: number;
}

export interface Approvals {
  /** One approval per execution: asking again keeps the approval, its deadline too, and takes the newer task token while it is pending. */
  request(
    approval: Pick<Approval, 'execution' | 'requestedFor' | 'author' | 'evidence' | 'expiresAt' | 'policyVersion'> & {
      readonly taskToken: string;
    },
    now: Date,
  ): Promise<Approval>;
  find(id: string): Promise<Approval | undefined>;
  ofExecution(execution: string): Promise<Approval | undefined>;
  /** With its row locked until the transaction ends, and the token that answers the waiting machine. */
  lock(id: string): Promise<(Approval & { readonly taskToken: string }) | undefined>;
  decide(
    id: string,
    decision: {
      readonly status: 'approved' | 'rejected' | 'expired';
      readonly by: string;
      readonly comment: string;
      readonly policyVersion: number;
    },
    now: Date,
  ): Promise<Approval>;
  /** Newest first. */
  list(page: {
    readonly limit: number;
    readonly before?: { readonly createdAt: Date; readonly id: string } | undefined;
    readonly status?: Approval['status'] | undefined;
  }): Promise<readonly Approval[]>;
}

export interface Member {
  readonly principal: string;
  readonly kind: 'user' | 'service';
  readonly displayName: string;
  readonly roles: readonly Role[];
  /** Of the projection too: a later one wins. */
  readonly revision: number;
}

export interface Members {
  /** Those who have a role, by principal. */
  list(page: { readonly limit: number; readonly after?: string | undefined }): Promise<readonly Member[]>;
  /** With its row, or the place of somebody new, locked until the transaction ends. */
  lock(principal: string): Promise<Member | undefined>;
  /**
   * Gives it the next revision: the store counts, so that two who add the same principal at once get two revisions, in the order
   * they are stored. An empty set of roles is how a removal is kept, so that its revision outlives it.
   */
  put(member: Omit<Member, 'revision'>, now: Date): Promise<Member>;
  /** How many admins there are beside this principal, their rows locked, so that two admins cannot remove each other. */
  otherAdmins(principal: string): Promise<number>;
}

export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export interface Tenants {
  add(tenant: Tenant): Promise<void>;
  current(): Promise<Tenant | undefined>;
}

export interface Policies {
  /** The newest version; the built-in one of a tenant that has made none. */
  current(): Promise<Policy>;
  /** The same; who asks next waits until this transaction ends, so that versions are made one after the other. */
  lockCurrent(): Promise<Policy>;
  /** Whether the newest version says just this. */
  isInForce(rules: PolicyRules): Promise<boolean>;
  find(version: number): Promise<Policy | undefined>;
  /** A version stays as it was added. The caller holds the lock. */
  add(policy: Omit<Policy, 'createdAt'>, now: Date): Promise<Policy>;
  /** Newest first; the built-in one is none of them. */
  list(page: { readonly limit: number; readonly before?: number | undefined }): Promise<readonly Policy[]>;
}
