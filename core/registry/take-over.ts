import type { Context, Recorder } from '#core/kernel/index.ts';
import { mayDeploy } from './deployment-status.ts';
import type { Aliases, ModelVersion, ModelVersions } from './ports.ts';
import { climbToProduction, mayStep } from './stage.ts';

export interface TakeOverTx extends Recorder {
  readonly modelVersions: ModelVersions;
  readonly aliases: Aliases;
}

export interface TakeOver {
  readonly version: ModelVersion;
  readonly alias: string;
  readonly revision: number;
  readonly rollout: string;
  readonly execution: string | null;
}

/**
 * A version that serves alone is the live one: it climbs to production, the one before it retires, the alias follows. Safe to retry.
 * The caller holds the model's lock.
 */
export async function takeOver(tx: TakeOverTx, ctx: Context, { version, alias, revision, rollout, execution }: TakeOver): Promise<void> {
  const previous = await tx.modelVersions.live(version.modelId);
  if (previous && previous.id !== version.id) await retire(tx, ctx, previous);
  await promote(tx, ctx, version);
  await tx.aliases.put(version.modelId, alias, version.number, ctx.principal.id, ctx.now);
  const { model, number } = version;
  const data = { model, version: number, previousVersion: previous?.number ?? null, alias, revision, rollout, execution };
  tx.record({ type: 'model.deployment.live.v1', subject: `model/${model}`, data });
}

/** A version that is not to serve after all. Safe to retry. */
export async function giveUp(tx: Omit<TakeOverTx, 'aliases'>, ctx: Context, version: ModelVersion, rollout: string): Promise<void> {
  if (version.deploymentStatus !== 'deploying') return;
  await tx.modelVersions.move(version, { deploymentStatus: 'failed' }, ctx.now);
  const data = { model: version.model, version: version.number, rollout };
  tx.record({ type: 'model.deployment.failed.v1', subject: `model/${version.model}`, data });
}

async function promote(tx: TakeOverTx, ctx: Context, version: ModelVersion): Promise<void> {
  let at = version;
  for (const stage of climbToProduction(version.stage)) {
    mayStep(at.stage, stage);
    at = await tx.modelVersions.move(at, { stage }, ctx.now);
  }
  if (mayDeploy(at.deploymentStatus, 'live')) at = await tx.modelVersions.move(at, { deploymentStatus: 'live' }, ctx.now);
  if (at.stage === version.stage) return;
  const data = { model: version.model, version: version.number, from: version.stage, to: at.stage };
  tx.record({ type: 'model.version.promoted.v1', subject: `model/${version.model}/versions/${version.number}`, data });
}

async function retire(tx: TakeOverTx, ctx: Context, version: ModelVersion): Promise<void> {
  mayDeploy(version.deploymentStatus, 'retired');
  const archived = mayStep(version.stage, 'archived') ? ({ stage: 'archived' } as const) : {};
  await tx.modelVersions.move(version, { deploymentStatus: 'retired', ...archived }, ctx.now);
  const data = { model: version.model, version: version.number };
  tx.record({ type: 'model.version.retired.v1', subject: `model/${version.model}/versions/${version.number}`, data });
}
