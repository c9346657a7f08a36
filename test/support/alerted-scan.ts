import type { ControlTx } from '../../adapters/postgres/control-tx.ts';
import type { Context } from '../../core/kernel/index.ts';
import { causeOf, type RetrainingPolicy } from '../../core/retraining/index.ts';
import { HOURLY } from './hourly-monitor.ts';

export interface AlertedScan {
  readonly model?: string;
  readonly monitor?: string;
  /** Which window of the monitor. */
  readonly window?: number;
  readonly what?: readonly string[];
  readonly retraining?: RetrainingPolicy | null;
}

export const POLICY: RetrainingPolicy = { pipeline: 'delays', cooldownHours: 24, budget: { executions: 2, days: 7 } };

/** A scan that found drift and told of it, with the model and the monitor that it needs to be there. */
export async function alertedScan(
  tx: Pick<ControlTx, 'models' | 'monitors' | 'scans'>,
  ctx: Context,
  { model = 'delays', monitor = 'hourly', window = 0, what = ['distance'], retraining = POLICY }: AlertedScan = {},
): Promise<{ readonly scan: string; readonly monitorId: string; readonly modelId: string }> {
  const { id: modelId } = await tx.models.lock(model, ctx.principal.id);
  const settings = { ...HOURLY, retraining };
  const found = await tx.monitors.find(model, monitor);
  const kept = found
    ? await tx.monitors.change(found, { settings }, ctx.now)
    : await tx.monitors.add({ modelId, name: monitor, settings }, ctx.principal.id, ctx.now);
  const from = new Date(Date.UTC(2001, 3, 1, window));
  const to = new Date(Date.UTC(2001, 3, 1, window + 1));
  const begun = await tx.scans.begin({ monitorId: kept.id, window: { from, to }, asOf: to }, ctx.now);
  if (!begun) throw new Error(`window ${window} has its scan already`);
  const summary = {
    headline: `Drift: ${what.join(', ')}`,
    files: 1,
    columns: [],
    prediction: null,
    target: null,
    performance: [],
    decay: null,
    alerted: what,
    cause: what.length > 0 ? causeOf(kept.id, what) : null,
  };
  await tx.scans.succeed(begun.id, { modelVersionId: null, verdict: 'drift', rows: 100, labelled: 0, summary, reportKey: 'r' }, ctx.now);
  return { scan: begun.id, monitorId: kept.id, modelId };
}
