import type { Context } from '#core/kernel/index.ts';
import type { CanaryJudgement } from './judge-canary.ts';
import { demanded, type Order, order } from './next-order.ts';
import { lockRollout, type RolloutTx } from './rollout-tx.ts';

/**
 * Writes a judgement down and what follows from it, unless the rollout has moved on since its evidence was gathered. Safe to retry:
 * a repeated judgement is one more, of the step at which the rollout then stands.
 */
export async function recordJudgement(
  tx: Pick<RolloutTx, 'models' | 'rollouts' | 'record'>,
  ctx: Context,
  id: string,
  { step, since }: { readonly step: number; readonly since: Date },
  { verdict, checks, reason, waitSeconds }: CanaryJudgement,
): Promise<Order> {
  const rollout = await lockRollout(tx, ctx, id);
  const instead = demanded(rollout);
  if (instead) return instead;
  if (rollout.step !== step || rollout.stepSince?.getTime() !== since.getTime()) return order('share', rollout);
  const { number } = await tx.rollouts.addJudgement(id, { step, verdict, checks, decidedAt: ctx.now });
  if (verdict === 'wait') return order('bake', rollout, waitSeconds);
  if (verdict === 'roll_back') {
    const found = reason ?? { code: 'judged', sentence: 'the judgement says so' };
    return order('roll_back', await tx.rollouts.change(id, { reason: { ...found, step, judgement: number } }, ctx.now));
  }
  if (step === rollout.plan.steps.length - 1) return order('complete', rollout);
  return order('share', await tx.rollouts.change(id, { step: step + 1, stepSince: null }, ctx.now));
}
