import type { Logger } from '@aws-lambda-powertools/logger';
import type { Policy } from '#core/governance/index.ts';
import { type ExpirePorts, expireData, firstLook, type Retained, type RetainedTenants } from '#core/retention/index.ts';

export interface Enforcing extends Omit<ExpirePorts, 'outOfTime'> {
  readonly tenants: RetainedTenants;
  /** The policy in force. */
  policy(tenant: string): Promise<Policy>;
  now(): number;
}

/** One run breaks off before its function does; what is left is due at the next. */
const LONGEST_MS = 8 * 60_000;
const AT_ONCE = 4;

/** Writes down when the tenant's data is looked at, by the policy in force: events may come twice, late and in any order. */
export function enterPolicy({ tenants, policy, now }: Pick<Enforcing, 'tenants' | 'policy' | 'now'>) {
  return async (tenant: string): Promise<void> => {
    const { version: policyVersion, rules } = await policy(tenant);
    const { retention } = rules;
    const says = retention !== undefined && Object.values(retention).some((days) => days !== undefined);
    if (says) await tenants.enter({ tenant, policyVersion, retention, dueAt: firstLook(new Date(now())) });
    else await tenants.leave(tenant, policyVersion);
  };
}

/** Looks at whoever is due. Who fails keeps nobody else waiting, and is due again. */
export function enforceRetention(enforcing: Enforcing, logger: Pick<Logger, 'info' | 'error'>) {
  const { tenants, now } = enforcing;
  const enter = enterPolicy(enforcing);
  return async (): Promise<{ readonly looked: number; readonly failed: number }> => {
    const begun = now();
    const outOfTime = () => now() - begun > LONGEST_MS;
    const total = { looked: 0, failed: 0 };

    async function one(at: Retained): Promise<void> {
      const asOf = await tenants.begin(at, new Date(now()));
      if (!asOf) return;
      const { tenant, policyVersion } = at;
      const outcome = await expireData({ ...enforcing, outOfTime }, at, asOf);
      if (outcome.state === 'superseded') await enter(tenant);
      if (outcome.state === 'done') await tenants.finish(at, asOf, outcome.next);
      const facts = outcome.state === 'done' ? { removed: outcome.removed, next: outcome.next } : {};
      logger.info('retention', { tenant, policyVersion, asOf, state: outcome.state, ...facts });
    }

    const waiting = [...(await tenants.due(new Date(begun)))];
    const worker = async () => {
      for (let next = waiting.shift(); next && !outOfTime(); next = waiting.shift()) {
        total.looked++;
        try {
          await one(next);
        } catch (error) {
          logger.error('retention was not enforced', { tenant: next.tenant, error: error as Error });
          total.failed++;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    // Thrown, so that the function's alarm sees it.
    if (total.failed > 0) throw new Error(`The retention of ${total.failed} of ${total.looked} tenants could not be enforced`);
    return total;
  };
}
