import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Policy, PolicyRules } from './policy.ts';
import type { Policies } from './ports.ts';
import { demandLog, type LogReader } from './retention.ts';

export interface PutPolicy {
  readonly rules: PolicyRules;
  /** Why it is changed. */
  readonly comment: string;
  /** The version that the caller saw; without it the last writer wins. */
  readonly expectedRevision?: number | undefined;
}

/** Makes these rules the tenant's policy, as its next version. Safe to retry: the rules that are in force are no new version. */
export async function putPolicy(
  tx: { readonly policies: Policies; readonly monitors: { all(): Promise<readonly LogReader[]> } } & Recorder,
  ctx: Context,
  { rules, comment, expectedRevision }: PutPolicy,
): Promise<Policy> {
  const before = await tx.policies.lockCurrent();
  if (await tx.policies.isInForce(rules)) return before;
  if (expectedRevision !== undefined && expectedRevision !== before.version)
    throw new DomainError({ code: 'moved_meanwhile', revision: before.version });
  if (rules.retention) demandLog(rules.retention, await tx.monitors.all());
  const policy = await tx.policies.add({ version: before.version + 1, rules, comment, createdBy: ctx.principal.id }, ctx.now);
  tx.record({ type: 'policy.changed.v1', subject: 'policy', data: { version: policy.version, from: before.version, comment, rules } });
  return policy;
}
