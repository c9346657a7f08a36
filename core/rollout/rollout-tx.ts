import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Executions, Steps } from '#core/pipelines/index.ts';
import type { Aliases, Deployments, Models, ModelVersion, ModelVersions } from '#core/registry/index.ts';
import type { LockedRollout, Rollout, Rollouts } from './ports.ts';

export interface RolloutTx extends Recorder {
  readonly models: Models;
  readonly modelVersions: ModelVersions;
  readonly deployments: Deployments;
  readonly aliases: Aliases;
  readonly rollouts: Rollouts;
  readonly executions: Executions;
  readonly steps: Steps;
}

/** The rollout and its model locked, in the order that everybody keeps. */
export async function lockRollout(tx: Pick<RolloutTx, 'models' | 'rollouts'>, ctx: Context, id: string): Promise<LockedRollout> {
  const found = await tx.rollouts.find(id);
  if (!found) throw new DomainError({ code: 'not_found', what: 'rollout', id });
  await tx.models.lock(found.model, ctx.principal.id);
  const rollout = await tx.rollouts.lock(id);
  if (!rollout) throw new Error(`the rollout ${id} is gone within its own transaction`);
  return rollout;
}

export async function versionsOf(
  tx: Pick<RolloutTx, 'modelVersions'>,
  { versionId, baselineVersionId }: Rollout,
): Promise<{ canary: ModelVersion; baseline: ModelVersion | undefined }> {
  const canary = await tx.modelVersions.findById(versionId);
  const baseline = baselineVersionId === null ? undefined : await tx.modelVersions.findById(baselineVersionId);
  if (!canary || (baselineVersionId !== null && !baseline)) throw new Error('a version of a rollout is gone');
  return { canary, baseline };
}

/** What the bus, the audit and the machines are told of a rollout. */
export function tell(tx: Recorder, type: string, rollout: Rollout, more: Readonly<Record<string, unknown>> = {}): void {
  const { id, model, version, baselineVersion, step, plan, reason } = rollout;
  const data = { rollout: id, model, version, baselineVersion, step, share: plan.steps[step]?.share ?? null, reason, ...more };
  tx.record({ type, subject: `model/${model}`, data });
}

/**
 * Starts the machine of the rollout, or one more where the machine got lost; one that runs or ended well is left alone, so this may be
 * repeated.
 */
export function orderMachine(tx: Recorder, { tenant }: Context, { id, traceparent }: Pick<Rollout, 'id' | 'traceparent'>): void {
  const input = { tenant, rollout: id, ...(traceparent === null ? {} : { traceparent }) };
  const data = { stateMachine: 'rollout', name: id, input, resumes: true };
  tx.record({ type: 'rollout.ordered.v1', subject: `rollout/${id}`, destination: 'execution', data });
}

/** Answers whoever waits under this token; a token that nobody waits under any more is no harm. */
export function answerToken(tx: Recorder, { id }: Pick<Rollout, 'id'>, taskToken: string, output: Readonly<Record<string, unknown>>): void {
  tx.record({ type: 'rollout.answered.v1', subject: `rollout/${id}`, destination: 'task', data: { taskToken, output } });
}
