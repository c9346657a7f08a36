import { demandLog, type Policies } from '#core/governance/index.ts';
import { type Context, canonicalJson, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Monitor, MonitorSettings } from './monitor.ts';
import { orderSchedule } from './order-schedule.ts';
import type { Monitors } from './ports.ts';

export interface MonitorTx extends Recorder {
  readonly monitors: Monitors;
}

export interface PutMonitorTx extends MonitorTx {
  readonly models: {
    find(name: string): Promise<{ readonly id: string } | undefined>;
    lock(name: string, createdBy: string): Promise<{ readonly id: string }>;
  };
  readonly pipelines: { find(name: string): Promise<object | undefined> };
  readonly policies: Pick<Policies, 'lockCurrent'>;
}

export interface PutMonitor {
  readonly model: string;
  readonly monitor: string;
  readonly settings: MonitorSettings;
  /** The revision that the caller saw; without it the last writer wins. */
  readonly expectedRevision?: number | undefined;
}

/** Makes a monitor or changes what it watches; a paused one stays paused. Safe to retry: the same settings again change nothing. */
export async function putMonitor(
  tx: PutMonitorTx,
  ctx: Context,
  { model, monitor, settings, expectedRevision }: PutMonitor,
): Promise<Monitor> {
  // `lock` would make the model.
  if (!(await tx.models.find(model))) throw new DomainError({ code: 'not_found', what: 'model', id: model });
  const { retraining } = settings;
  if (retraining && !(await tx.pipelines.find(retraining.pipeline)))
    throw new DomainError({ code: 'not_found', what: 'pipeline', id: retraining.pipeline });
  // Before the model: whoever changes the policy holds its lock and then looks at every monitor.
  const { rules } = await tx.policies.lockCurrent();
  const { id: modelId } = await tx.models.lock(model, ctx.principal.id);
  const before = await tx.monitors.find(model, monitor);
  // Before the revision is looked at: whoever repeats a call whose answer was lost cannot know the next one.
  if (before && canonicalJson(before.settings) === canonicalJson(settings)) return before;
  if (expectedRevision !== undefined && before?.revision !== expectedRevision)
    throw new DomainError({ code: 'moved_meanwhile', revision: before?.revision ?? 0 });
  demandLog(rules.retention, [{ model, name: monitor, settings }]);
  const after = before
    ? await tx.monitors.change(before, { settings }, ctx.now)
    : await tx.monitors.add({ modelId, name: monitor, settings }, ctx.principal.id, ctx.now);
  tx.record({
    type: before ? 'monitor.changed.v1' : 'monitor.created.v1',
    subject: `monitor/${after.id}`,
    data: { monitor, model, revision: after.revision, settings },
  });
  orderSchedule(tx, ctx, before, after);
  return after;
}
