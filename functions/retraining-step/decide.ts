import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { orderRetraining } from '#core/retraining/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';

export interface DecideDeps {
  readonly plane: Pick<ControlPlane, 'write'>;
  /** On which the stage lets anybody train. */
  readonly instanceTypes: readonly string[];
}

/** Decides about the drift of one scan; a repeated state answers with the decision that was made. */
export function decide({ plane, instanceTypes }: DecideDeps): Task {
  return async (ctx, event) => {
    const scan = idOf(event, 'scan');
    const { id, decision, reason, executionId } = await plane.write(ctx, {}, (tx) => orderRetraining(tx, ctx, { scan, instanceTypes }));
    return { retraining: id, decision, reason, execution: executionId };
  };
}
