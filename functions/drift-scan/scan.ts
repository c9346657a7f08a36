import { driftReport } from '#core/drift/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import type { ScanReport } from '#core/monitoring/index.ts';
import { idOf } from '#functions/_steps/ids.ts';
import type { Task } from '#functions/_steps/serve-task.ts';
import { keys } from '#functions/_stores/keys.ts';
import type { DriftScanDeps } from './deps.ts';
import { examine } from './examine.ts';
import { measure } from './measure.ts';

/**
 * Makes the report of one scan: JSON first, then the page, which is made of the JSON. Of two that scan one window at once the
 * first report counts, also for the page of the other; a scan that has its report is not computed again.
 */
export function scan(deps: DriftScanDeps): Task {
  return async (ctx, event) => {
    const id = idOf(event, 'scan');
    const begun = performance.now();
    const { tenant } = ctx;
    const report = (await deps.reports.find(tenant, id)) ?? (await reported(deps, ctx, id));
    const page = driftReport(report.judgement, report);
    await deps.objects.putOnce(() => keys.driftReport(tenant, id), Buffer.from(page, 'utf8'), 'text/html; charset=utf-8');
    measure(deps.metrics, 'ScanSeconds', (performance.now() - begun) / 1000, { tenant, model: report.model });
    return { scan: id };
  };
}

async function reported(deps: DriftScanDeps, ctx: Context, id: string): Promise<ScanReport> {
  const { at, monitor } = await deps.plane.read(ctx, async (tx) => {
    const found = await tx.scans.find(id);
    return { at: found, monitor: found && (await tx.monitors.findById(found.monitorId)) };
  });
  if (!at || !monitor) throw new DomainError({ code: 'not_found', what: 'scan', id });
  await deps.reports.putOnce(ctx.tenant, id, await examine(deps, ctx, at, monitor));
  const first = await deps.reports.find(ctx.tenant, id);
  if (!first) throw new Error(`the report of the scan ${id} was kept and is gone`);
  return first;
}
