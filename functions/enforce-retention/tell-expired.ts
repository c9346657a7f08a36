import { randomUUID } from 'node:crypto';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Context } from '#core/kernel/index.ts';
import type { ExpirePorts } from '#core/retention/index.ts';
import { sha256 } from '#functions/_stores/sha256.ts';

export interface TellExpiredProps {
  readonly plane: Pick<ControlPlane, 'write'>;
  /** Whether the audit has it that data went as of this moment. */
  isTold(tenant: string, asOf: Date): Promise<boolean>;
}

/** Keeps in the audit how much of what goes, and by which version of the policy: once for each moment, by its key and, once that has expired, by what the audit has. */
export function tellExpired({ plane, isTold }: TellExpiredProps): ExpirePorts['tell'] {
  return async ({ tenant, policyVersion }, asOf, removed) => {
    if (await isTold(tenant, asOf)) return;
    const principal = { id: 'system:retention', kind: 'service', roles: [] } as const;
    const ctx: Context = { tenant, principal, now: new Date(), requestId: randomUUID() };
    const key = `retention/${asOf.toISOString()}`;
    const idempotency = { key, route: 'data.expired.v1', requestHash: sha256(key), status: 200 };
    await plane.write(ctx, { idempotency }, async (tx) => {
      const kinds = removed.map(({ before, ...of }) => ({ ...of, before: before.toISOString() }));
      tx.record({ type: 'data.expired.v1', subject: 'retention', data: { policyVersion, asOf: asOf.toISOString(), removed: kinds } });
      return null;
    });
  };
}
