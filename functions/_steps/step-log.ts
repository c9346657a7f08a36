import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Recording } from '#core/pipelines/index.ts';
import { sha256 } from '#functions/_stores/sha256.ts';

/** The diary of steps in Postgres, a transaction per line, stamped when the line is written. */
export function recordingIn(plane: Pick<ControlPlane, 'write'>): Recording {
  return {
    sha256,
    log: {
      begin: (ctx, at) => plane.write(ctx, {}, (tx) => tx.steps.begin(at, new Date())),
      succeed: (ctx, at) => plane.write(ctx, {}, (tx) => tx.steps.succeed(at, new Date())),
      fail: (ctx, at) => plane.write(ctx, {}, (tx) => tx.steps.fail(at, new Date())),
    },
  };
}
