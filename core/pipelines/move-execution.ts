import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import { type ExecutionStatus, mayMove } from './execution-status.ts';
import type { ExecutionChange, Executions } from './ports.ts';

/** Moves an execution along its table of statuses and tells of it. Safe to retry: standing where it should go changes nothing. */
export async function moveExecution(
  tx: { readonly executions: Executions } & Recorder,
  ctx: Context,
  id: string,
  to: ExecutionStatus,
  change: Omit<ExecutionChange, 'status'> = {},
): Promise<void> {
  const execution = await tx.executions.lock(id);
  if (!execution) throw new DomainError({ code: 'not_found', what: 'execution', id });
  if (!mayMove(execution, to)) return;
  await tx.executions.change(id, { ...change, status: to }, ctx.now);
  tx.record({
    type: `execution.${to}.v1`,
    subject: `execution/${id}`,
    data: { pipeline: execution.pipeline, from: execution.status, to, ...(change.failure ? { failure: change.failure } : {}) },
  });
}

/**
 * The first step takes the order up. Quietly: the order was told of when it was given, and the first step has no bell to ring. A machine
 * that takes the place of one that was lost while its rollout went on leaves it rolling out.
 */
export async function beginExecution(tx: { readonly executions: Executions }, ctx: Context, id: string): Promise<void> {
  const execution = await tx.executions.lock(id);
  if (!execution) throw new DomainError({ code: 'not_found', what: 'execution', id });
  if (execution.status !== 'rolling_out' && mayMove(execution, 'running')) await tx.executions.change(id, { status: 'running' }, ctx.now);
}
