import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { orderRetraining, type Retraining } from '#core/retraining/index.ts';
import { idOf, type Task } from '#functions/_steps/serve-task.ts';

export interface DecideDeps {
  readonly plane: Pick<ControlPlane, 'write'>;
  /** On which the stage lets anybody train. */
  readonly instanceTypes: readonly string[];
  /** Told of each decision when it is made, and not when it is repeated. */
  readonly observe: (tenant: string, retraining: Retraining) => void;
}

/** Decides about the drift of one scan; a repeated state answers with the decision that was made. */
export function decide({ plane, instanceTypes, observe }: DecideDeps): Task {
  return async (ctx, event) => {
    const { retraining: made, isNew } = await plane.write(ctx, {}, (tx) =>
      orderRetraining(tx, ctx, { scan: idOf(event, 'scan'), instanceTypes }),
    );
    if (isNew) observe(ctx.tenant, made);
    const { id: retraining, decision, reason, executionId: execution } = made;
    return { retraining, decision, reason, execution };
  };
}
