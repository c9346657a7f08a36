import { type Approvals, approvalTerms, demandGates, type Policies, type Policy } from '#core/governance/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';
import { hasBeenLive, type ModelVersion } from '#core/registry/index.ts';
import type { Rollout } from './ports.ts';
import { rolloutPlan, type Strategy } from './rollout-plan.ts';
import { isOver } from './rollout-status.ts';
import { answerToken, orderMachine, type RolloutTx } from './rollout-tx.ts';

export interface StartRollout {
  readonly model: string;
  readonly version: number;
  /** @default what the pipeline that made the version says */
  readonly alias?: string | undefined;
  /** @default what the pipeline that made the version says */
  readonly strategy?: Strategy | undefined;
}

export type StartRolloutTx = Pick<RolloutTx, 'models' | 'modelVersions' | 'rollouts' | 'executions' | 'record'> & {
  readonly approvals: Approvals;
  readonly policies: Pick<Policies, 'current'>;
};

/**
 * Orders that a version takes over its model's traffic. One at a time per model. An earlier version may come back this way: that is
 * how a person rolls back what no judge objected to, so the policy in force is not asked about one that has been live.
 */
export async function startRollout(tx: StartRolloutTx, ctx: Context, { model, version, alias, strategy }: StartRollout): Promise<Rollout> {
  const next = await versionOf(tx, model, version);
  const { modelId } = next;
  await tx.models.lock(model, ctx.principal.id);
  const running = await tx.rollouts.running(modelId);
  if (running) throw new DomainError({ code: 'rollout_running', rollout: running.id });
  const execution = next.executionId === null ? undefined : await tx.executions.find(next.executionId);
  const now = await versionOf(tx, model, version);
  const approved = next.executionId !== null && (await tx.approvals.ofExecution(next.executionId))?.status === 'approved';
  const policy = await tx.policies.current();
  if (now.deploymentStatus === 'live') throw new DomainError({ code: 'version_already_live', model, version });
  if (!hasBeenLive(now)) {
    if (!approved && !asksNobody(policy, execution)) throw new DomainError({ code: 'version_not_approved', model, version });
    if (execution) demandGates(policy, { model, environment: execution.environment, gates: execution.plan.gates });
  }
  const says = execution?.plan.deployment;
  const plan = rolloutPlan(strategy ?? says?.strategy ?? 'canary', says?.canary);
  const baseline = await tx.modelVersions.live(modelId);
  const rollout = await tx.rollouts.add(
    {
      modelId,
      versionId: next.id,
      baselineVersionId: baseline?.id ?? null,
      executionId: null,
      alias: alias ?? says?.alias ?? 'champion',
      plan,
      policyVersion: policy.version,
      traceparent: ctx.traceparent,
    },
    ctx.principal.id,
    ctx.now,
  );
  orderMachine(tx, ctx, rollout);
  return rollout;
}

function asksNobody(policy: Policy, execution: Execution | undefined): boolean {
  const says = execution?.plan.approval;
  if (!execution || !says) return false;
  return !approvalTerms(policy, { model: execution.plan.deployment.model, environment: execution.environment }, says).required;
}

async function versionOf(tx: Pick<RolloutTx, 'modelVersions'>, model: string, version: number): Promise<ModelVersion> {
  const found = await tx.modelVersions.find(model, version);
  if (!found) throw new DomainError({ code: 'not_found', what: 'model version', id: `${model}/versions/${version}` });
  return found;
}

export interface RollOutExecution {
  readonly execution: string;
  readonly model: string;
  readonly version: number;
  /** What waits for the end; a newer one takes the place of an older. */
  readonly waitingToken: string;
}

/**
 * The rollout of what an execution made. Safe to retry: an execution has one rollout; repeated, its newer token waits, a machine that got
 * lost is ordered again, and one whose rollout has ended is told so.
 * @throws {DomainError} `rollout_running`; `version_already_live` when somebody else's rollout has brought it there
 */
export async function rollOutExecution(
  tx: Omit<StartRolloutTx, 'approvals'>,
  ctx: Context,
  { execution: id, model, version, waitingToken }: RollOutExecution,
): Promise<Rollout> {
  await versionOf(tx, model, version);
  const { id: modelId } = await tx.models.lock(model, ctx.principal.id);
  const before = await tx.rollouts.ofExecution(id);
  if (before) {
    const rollout = await tx.rollouts.change(before.id, { waitingToken }, ctx.now);
    if (isOver(rollout.status)) answerToken(tx, rollout, waitingToken, endOf(rollout));
    else orderMachine(tx, ctx, rollout);
    return rollout;
  }
  const execution = await tx.executions.find(id);
  if (!execution) throw new DomainError({ code: 'not_found', what: 'execution', id });
  const next = await versionOf(tx, model, version);
  // A person may have taken it live as soon as it was approved.
  if (next.deploymentStatus === 'live') throw new DomainError({ code: 'version_already_live', model, version });
  const { strategy, canary, alias } = execution.plan.deployment;
  const baseline = await tx.modelVersions.live(modelId);
  const rollout = await tx.rollouts.add(
    {
      modelId,
      versionId: next.id,
      baselineVersionId: baseline?.id ?? null,
      executionId: id,
      alias,
      plan: rolloutPlan(strategy, canary),
      policyVersion: (await tx.policies.current()).version,
      waitingToken,
      traceparent: ctx.traceparent,
    },
    execution.createdBy,
    ctx.now,
  );
  orderMachine(tx, ctx, rollout);
  return rollout;
}

/** What the waiting execution is told. */
export function endOf({ id, status, reason }: Rollout): Readonly<Record<string, unknown>> {
  return { rollout: id, status, reason };
}
