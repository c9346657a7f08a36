import { type Context, DomainError } from '#core/kernel/index.ts';
import { demanded, judgeCanary, type Order, type Rollout, recordJudgement, scoresOfProfile, stepOf } from '#core/rollout/index.ts';
import type { CallRecord } from '#core/serving/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import type { RolloutStepDeps } from './deps.ts';

/** Looks at what the new version did since its share is what it is, and says how the rollout goes on. */
export function judge(deps: RolloutStepDeps): Task {
  return async (ctx, event): Promise<Order> => {
    const id = idOf(event, 'rollout');
    const { rollout, canary } = await deps.plane.read(ctx, async (tx) => {
      const rollout = await tx.rollouts.find(id);
      return { rollout, canary: rollout && (await tx.modelVersions.findById(rollout.versionId)) };
    });
    if (!rollout || !canary) throw new DomainError({ code: 'not_found', what: 'rollout', id });
    const instead = demanded(rollout);
    if (instead) return instead;
    // The step is not reached yet, after a crash or a person's word in between.
    if (!rollout.stepSince) return { next: 'share', at: rollout.step, seconds: 1 };
    const since = rollout.stepSince;
    const { plan } = rollout;
    const [calls, baselineCalls, referenceScores] = await Promise.all([
      callsOf(deps, ctx, rollout.versionId, since),
      baselineOf(deps, ctx, rollout, since),
      referenceOf(deps, canary.profileKey),
    ]);
    const { bakeSeconds } = stepOf(rollout);
    const { limits, minRows, minCalls, patienceSeconds } = plan;
    const times = { since, bakeSeconds, patienceSeconds, now: ctx.now };
    const judgement = judgeCanary({ calls, baselineCalls, referenceScores, limits, minRows, minCalls, ...times });
    return deps.plane.write(ctx, {}, (tx) => recordJudgement(tx, ctx, id, { step: rollout.step, since }, judgement));
  };
}

/** The old version beside the new one; when no share is left for it, in the steps before. */
async function baselineOf(deps: RolloutStepDeps, ctx: Context, rollout: Rollout, since: Date): Promise<readonly CallRecord[]> {
  if (rollout.baselineVersionId === null) return [];
  const { share } = stepOf(rollout);
  if (share < 1) return callsOf(deps, ctx, rollout.baselineVersionId, since);
  return callsOf(deps, ctx, rollout.baselineVersionId, rollout.startedAt ?? since, since);
}

/** The newest calls of a version; beyond this many more say nothing new. */
const MOST_CALLS = 2000;

function callsOf({ calls }: RolloutStepDeps, { tenant, now }: Context, versionId: string, from: Date, to: Date = now) {
  return calls.ofVersion(tenant, { versionId, from, to, limit: MOST_CALLS });
}

async function referenceOf({ objects }: RolloutStepDeps, profileKey: string | null): Promise<Float64Array> {
  const content = profileKey === null ? undefined : await objects.read(profileKey);
  return content ? scoresOfProfile(JSON.parse(Buffer.from(content).toString('utf8'))) : new Float64Array();
}
