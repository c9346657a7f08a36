import { type Context, DomainError, type Recorder } from '#core/kernel/index.ts';
import type { Monitors, ScanReport, Scans } from './ports.ts';
import type { ScanFailure } from './scan.ts';
import { summarize } from './summarize.ts';
import { toldOf } from './told-of.ts';

export interface CompleteScanTx extends Recorder {
  readonly monitors: Monitors;
  readonly scans: Scans;
}

export interface Completed {
  /** False when it had been recorded before; then nothing was told a second time. */
  readonly recorded: boolean;
  readonly drifted: number;
}

/**
 * Records what a scan found, tells of drift that the monitor alerts on, and orders the retraining that its policy decides about,
 * all or nothing. Safe to retry: a scan that has succeeded stays as it is.
 */
export async function completeScan(
  tx: CompleteScanTx,
  ctx: Context,
  { scan: id, report, reportKey }: { readonly scan: string; readonly report: ScanReport; readonly reportKey: string },
): Promise<Completed> {
  const scan = await tx.scans.lock(id);
  const monitor = scan && (await tx.monitors.findById(scan.monitorId));
  if (!scan || !monitor) throw new DomainError({ code: 'not_found', what: 'scan', id });
  if (scan.status === 'succeeded') return { recorded: false, drifted: 0 };
  const { summary, alerts, drifted } = summarize(report, monitor);
  const { verdict, rows, labelled, versionId, version } = report;
  await tx.scans.succeed(id, { modelVersionId: versionId, verdict, rows, labelled, summary, reportKey }, ctx.now);

  const subject = `monitor/${monitor.id}`;
  const window = { from: scan.window.from.toISOString(), to: scan.window.to.toISOString() };
  const about = { monitor: monitor.name, model: monitor.model, version, scan: id, window };
  tx.record({
    type: 'monitor.scan.completed.v1',
    subject,
    data: { ...about, verdict, headline: summary.headline, rows, labelled, reportKey },
  });
  if (alerts.length > 0) {
    tx.record({ type: 'monitor.drift.detected.v1', subject, data: { ...about, cause: summary.cause, ...toldOf(alerts), reportKey } });
    if (monitor.settings.retraining) {
      tx.record({
        type: 'retraining.ordered.v1',
        subject: `scan/${id}`,
        destination: 'execution',
        data: {
          stateMachine: 'retraining',
          name: id,
          input: { tenant: ctx.tenant, scan: id, traceparent: ctx.traceparent },
          resumes: true,
        },
      });
    }
  }
  return { recorded: true, drifted };
}

/** Records why a scan failed. One that has succeeded meanwhile stays as it is. */
export async function failScan(
  tx: CompleteScanTx,
  ctx: Context,
  { scan: id, failure }: { readonly scan: string; readonly failure: ScanFailure },
): Promise<{ readonly recorded: boolean; readonly model: string }> {
  const scan = await tx.scans.lock(id);
  if (!scan) throw new DomainError({ code: 'not_found', what: 'scan', id });
  const { monitor, model, monitorId } = scan;
  if (scan.status !== 'running') return { recorded: false, model };
  await tx.scans.fail(id, failure, ctx.now);
  const window = { from: scan.window.from.toISOString(), to: scan.window.to.toISOString() };
  tx.record({ type: 'monitor.scan.failed.v1', subject: `monitor/${monitorId}`, data: { monitor, model, scan: id, window, failure } });
  return { recorded: true, model };
}
