import type { Recorder } from '#core/kernel/index.ts';
import type { Approval } from './ports.ts';

/** Orders that a decision, or that nobody made one in time, reaches the machine that waits under this token. Nothing to tell while it is open. */
export function answerApproval(tx: Recorder, { id, execution, status, decidedBy, comment }: Approval, taskToken: string): void {
  if (status === 'pending') return;
  const output = { decision: status, by: decidedBy, comment };
  const waited = { machine: 'training', name: execution };
  tx.record({ type: 'approval.answered.v1', subject: `approval/${id}`, destination: 'task', data: { taskToken, output, waited } });
}
