import type { Context } from '#core/kernel/index.ts';
import type { Experiments, RunLog, Runs } from './ports.ts';

export interface StartRun extends RunLog {
  /** 32 hexadecimal digits, chosen by the caller, so that a retry starts the same run. */
  readonly id: string;
  readonly experiment: string;
  readonly name: string;
  readonly artifactUri?: string;
}

/** Starts a run with what is known of it at the start. Safe to retry with the same id. */
export async function startRun(
  tx: { readonly experiments: Experiments; readonly runs: Runs },
  ctx: Context,
  { id, experiment, name, artifactUri = '', ...log }: StartRun,
): Promise<void> {
  const { id: experimentId } = await tx.experiments.ensure(experiment);
  await tx.runs.start({ id, experimentId, name, userId: ctx.principal.id, artifactUri, startTime: ctx.now.getTime() });
  await tx.runs.log(id, log);
}
