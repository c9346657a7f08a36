import { randomUUID } from 'node:crypto';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ControlTx } from '#adapters/postgres/control-tx.ts';
import { hasEnded as batchHasEnded } from '#core/batch/index.ts';
import type { Context } from '#core/kernel/index.ts';
import { hasEnded } from '#core/pipelines/index.ts';
import type { Standing } from '#core/recovery/index.ts';
import { isOver } from '#core/rollout/index.ts';
import { isId } from '#functions/_steps/ids.ts';

export const MACHINES = ['training', 'rollout', 'drift-scan', 'batch-prediction', 'retraining'] as const;
type Machine = (typeof MACHINES)[number];

/** `scans`: which of a run are under way. */
export interface Told {
  readonly standing: Standing;
  readonly scans?: readonly string[];
}

type Ask = (tx: ControlTx, name: string, now: Date) => Promise<boolean | Told>;

/** Whether what a machine is about is open, by the machine and the name of its order. What there is not, nobody has to end. */
const ASK: Readonly<Record<Machine, Ask>> = {
  async training(tx, id, now) {
    const execution = await tx.executions.find(id);
    if (!execution || hasEnded(execution.status)) return false;
    const approval = await tx.approvals.ofExecution(id);
    return { standing: approval?.status === 'pending' && approval.expiresAt.getTime() <= now.getTime() ? 'overdue' : 'open' };
  },
  async rollout(tx, id) {
    const rollout = await tx.rollouts.find(id);
    return rollout !== undefined && !isOver(rollout.status);
  },
  async 'drift-scan'(tx, run) {
    const all = await tx.scans.ofRun(run);
    const scans = all.flatMap(({ id, status }) => (status === 'running' ? [id] : []));
    return { standing: all.length === 0 ? 'unbegun' : scans.length > 0 ? 'open' : 'settled', scans };
  },
  async 'batch-prediction'(tx, id) {
    const batch = await tx.batches.find(id);
    return batch !== undefined && !batchHasEnded(batch.status);
  },
  async retraining(tx, scan) {
    const found = await tx.scans.find(scan);
    return found?.status === 'succeeded' && (await tx.retrainings.ofScan(scan)) === undefined;
  },
};

/** What Postgres says of what a machine is about, by the machine. */
export function standings(plane: Pick<ControlPlane, 'read'>) {
  const asking =
    (ask: Ask, isNamed: (name: string) => boolean) =>
    async (tenant: string, name: string): Promise<Told> => {
      const now = new Date();
      const ctx: Context = { tenant, principal: { id: 'system:recovery', kind: 'service', roles: [] }, now, requestId: randomUUID() };
      if (!isNamed(name)) return { standing: 'settled' };
      const told = await plane.read(ctx, (tx) => ask(tx, name, now));
      return typeof told === 'boolean' ? { standing: told ? 'open' : 'settled' } : told;
    };
  // A run of scans that a schedule started has whatever name the Scheduler gave it.
  const of = (machine: Machine) => asking(ASK[machine], machine === 'drift-scan' ? () => true : isId);
  return Object.fromEntries(MACHINES.map((machine) => [machine, of(machine)])) as Readonly<Record<Machine, ReturnType<typeof asking>>>;
}
