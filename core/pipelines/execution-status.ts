import { DomainError } from '#core/kernel/index.ts';

export const EXECUTION_STATUSES = [
  'queued',
  'running',
  'awaiting_approval',
  'rolling_out',
  'succeeded',
  'refused',
  'rejected',
  'failed',
  'stopped',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** Where an execution may go from where it stands. `refused` is a gate's or a rule's no, `rejected` a person's, `failed` a defect's. */
const NEXT: Readonly<Record<ExecutionStatus, readonly ExecutionStatus[]>> = {
  queued: ['running', 'refused', 'failed', 'stopped'],
  running: ['awaiting_approval', 'rolling_out', 'refused', 'failed', 'stopped'],
  awaiting_approval: ['running', 'rolling_out', 'rejected', 'refused', 'failed', 'stopped'],
  rolling_out: ['succeeded', 'refused', 'failed', 'stopped'],
  succeeded: [],
  refused: [],
  rejected: [],
  failed: [],
  stopped: [],
};

export function hasEnded(status: ExecutionStatus): boolean {
  return NEXT[status].length === 0;
}

/** Whether there is anything to do: staying where one stands is a retry and changes nothing; a move the table lacks is refused. */
export function mayMove(execution: { readonly id: string; readonly status: ExecutionStatus }, to: ExecutionStatus): boolean {
  if (execution.status === to) return false;
  if (NEXT[execution.status].includes(to)) return true;
  throw new DomainError({ code: 'execution_ended', execution: execution.id, status: execution.status });
}
