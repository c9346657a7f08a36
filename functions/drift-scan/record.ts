import { completeScan, failScan } from '#core/monitoring/index.ts';
import { trainingFailure } from '#core/pipelines/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import { keys } from '#functions/_stores/keys.ts';
import type { DriftScanDeps } from './deps.ts';
import { measure } from './measure.ts';

type RecordDeps = Pick<DriftScanDeps, 'plane' | 'reports' | 'metrics'>;

/** Takes what the report says into the scan's row and tells whom it concerns, in one transaction. */
export function record({ plane, reports, metrics }: RecordDeps): Task {
  return async (ctx, event) => {
    const scan = idOf(event, 'scan');
    const report = await reports.find(ctx.tenant, scan);
    if (!report) throw new Error(`the scan ${scan} has no report to record`);
    const reportKey = keys.driftReport(ctx.tenant, scan);
    const { recorded, drifted } = await plane.write(ctx, {}, (tx) => completeScan(tx, ctx, { scan, report, reportKey }));
    if (recorded) measure(metrics, 'DriftedColumns', drifted, { tenant: ctx.tenant, model: report.model });
    return { scan };
  };
}

/** Writes down why a scan failed, so that the other windows go on. */
export function recordFailure({ plane, metrics }: RecordDeps): Task {
  return async (ctx, event) => {
    const scan = idOf(event, 'scan');
    const failure = trainingFailure(String(event['error'] ?? 'unknown'), String(event['cause'] ?? ''));
    const { recorded, model } = await plane.write(ctx, {}, (tx) => failScan(tx, ctx, { scan, failure }));
    if (recorded) measure(metrics, 'ScansFailed', 1, { tenant: ctx.tenant, model });
    return { scan };
  };
}
