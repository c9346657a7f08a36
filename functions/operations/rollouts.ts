import * as z from 'zod';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { ControlTx } from '#adapters/postgres/control-tx.ts';
import type { rolloutRoutes } from '#api/rollouts.ts';
import { DomainError } from '#core/kernel/index.ts';
import { abortRollout, type Judgement, pauseRollout, type Rollout, resumeRollout, startRollout } from '#core/rollout/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';

const ByAge = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });

export function rolloutHandlers({ plane }: { readonly plane: ControlPlane }): Handlers<typeof rolloutRoutes> {
  return {
    startRollout: (ctx, input, call) => plane.write(ctx, call, async (tx) => shown(tx, await startRollout(tx, ctx, input))),
    listRollouts: async (ctx, { model, cursor, limit }) => {
      const position = readCursor(cursor, ByAge);
      const before = position && { createdAt: new Date(position.createdAt), id: position.id };
      return plane.read(ctx, async (tx) => {
        if (!(await tx.models.find(model))) throw new DomainError({ code: 'not_found', what: 'model', id: model });
        const rows = await tx.rollouts.list(model, { limit: limit + 1, before });
        const last = await tx.rollouts.lastJudgements(rows.map(({ id }) => id));
        return pageFrom(
          rows,
          limit,
          (rollout) =>
            rolloutView(
              rollout,
              [last.get(rollout.id)].filter((one) => one !== undefined),
            ),
          ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }),
        );
      });
    },
    findRollout: (ctx, { rollout: id }) =>
      plane.read(ctx, async (tx) => {
        const found = await tx.rollouts.find(id);
        if (!found) throw new DomainError({ code: 'not_found', what: 'rollout', id });
        return shown(tx, found);
      }),
    pauseRollout: (ctx, input, call) => plane.write(ctx, call, async (tx) => shown(tx, await pauseRollout(tx, ctx, input))),
    resumeRollout: (ctx, input, call) => plane.write(ctx, call, async (tx) => shown(tx, await resumeRollout(tx, ctx, input))),
    abortRollout: (ctx, input, call) => plane.write(ctx, call, async (tx) => shown(tx, await abortRollout(tx, ctx, input))),
  };
}

async function shown(tx: Pick<ControlTx, 'rollouts'>, rollout: Rollout) {
  return rolloutView(rollout, await tx.rollouts.judgements(rollout.id));
}

function rolloutView(rollout: Rollout, judgements: readonly Judgement[]) {
  const { id, model, version, baselineVersion, alias, status, step, plan, reason, executionId, policyVersion, createdBy, revision } =
    rollout;
  const { createdAt, startedAt, endedAt } = rollout;
  return {
    id,
    model,
    version,
    baselineVersion,
    alias,
    status,
    step,
    steps: plan.steps.map(({ share, bakeSeconds }) => ({ share, bakeSeconds })),
    reason: reason && { ...reason },
    judgements: judgements.map(({ checks, decidedAt, ...judgement }) => ({
      ...judgement,
      checks: checks.map(({ observed, threshold, ...check }) => ({ ...check, observed: { ...observed }, threshold: { ...threshold } })),
      decidedAt: decidedAt.toISOString(),
    })),
    executionId,
    policyVersion,
    createdBy,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    revision,
  };
}
