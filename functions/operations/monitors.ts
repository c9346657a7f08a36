import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import type { monitorRoutes } from '#api/monitors.ts';
import { isKept, type Policy } from '#core/governance/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import { findMonitor, type Monitor, orderScans, putMonitor, type Scan, setMonitorState } from '#core/monitoring/index.ts';
import { pageFrom, readCursor } from '#functions/_http/cursor.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import type { OperationsDeps } from './operations-handlers.ts';

const ByName = z.object({ name: z.string() });
const ByWindow = z.object({ to: z.iso.datetime(), id: z.uuid() });

type MonitorDeps = Pick<OperationsDeps, 'plane' | 'downloadUrl' | 'files'>;

export function monitorHandlers({ plane, downloadUrl, files }: MonitorDeps): Handlers<typeof monitorRoutes> {
  return {
    putMonitor: async (ctx, { model, monitor, ...settings }, call) =>
      asMonitor(await plane.write(ctx, call, (tx) => putMonitor(tx, ctx, { model, monitor, settings, expectedRevision: call.ifMatch }))),
    listMonitors: async (ctx, { model, cursor, limit }) => {
      const after = readCursor(cursor, ByName)?.name;
      const rows = await plane.read(ctx, (tx) => tx.monitors.list(model, { limit: limit + 1, after }));
      return pageFrom(rows, limit, asMonitor, ({ name }) => ({ name }));
    },
    findMonitor: async (ctx, { model, monitor }) => asMonitor(await plane.read(ctx, (tx) => findMonitor(tx, model, monitor))),
    pauseMonitor: async (ctx, input, call) =>
      asMonitor(await plane.write(ctx, call, (tx) => setMonitorState(tx, ctx, { ...input, state: 'paused' }))),
    resumeMonitor: async (ctx, input, call) =>
      asMonitor(await plane.write(ctx, call, (tx) => setMonitorState(tx, ctx, { ...input, state: 'active' }))),

    startScans: (ctx, input, call) => plane.write(ctx, call, (tx) => orderScans(tx, ctx, { ...input, run: uuidv7() })),
    listScans: async (ctx, { model, monitor, cursor, limit }) => {
      const from = readCursor(cursor, ByWindow);
      const before = from && { to: new Date(from.to), id: from.id };
      const { rows, policy } = await plane.read(ctx, async (tx) => {
        const { id } = await findMonitor(tx, model, monitor);
        return { rows: await tx.scans.list(id, { limit: limit + 1, before }), policy: await tx.policies.current() };
      });
      const view = (scan: Scan) => asScan(scan, policy, ctx.now, downloadUrl);
      const { items, ...next } = pageFrom(rows, limit, view, ({ window, id }) => ({ to: window.to.toISOString(), id }));
      return { items: await Promise.all(items), ...next };
    },
    findScan: async (ctx, { scan: id }) => {
      const { found, policy } = await plane.read(ctx, async (tx) => ({
        found: await tx.scans.find(id),
        policy: await tx.policies.current(),
      }));
      if (!found) throw new DomainError({ code: 'not_found', what: 'scan', id });
      return { ...(await asScan(found, policy, ctx.now, downloadUrl)), lateFiles: await lateFiles(files, ctx.tenant, found) };
    },
  };
}

function asMonitor({ modelId: _, settings, createdAt, updatedAt, ...monitor }: Monitor) {
  const { timezone = 'UTC', alertOn, ...others } = settings;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { ...monitor, ...others, timezone, alertOn: [...alertOn], ...times };
}

async function lateFiles(files: MonitorDeps['files'], tenant: string, { model, window, summary }: Scan): Promise<number | null> {
  if (!summary) return null;
  const now = await files.between(tenant, model, window.from, window.to);
  // Old files may be gone.
  return Math.max(0, now.length - summary.files);
}

async function asScan(scan: Scan, { rules }: Pick<Policy, 'rules'>, now: Date, downloadUrl: OperationsDeps['downloadUrl']) {
  const { monitorId: _, modelId: __, modelVersionId: ___, summary, reportKey, window, asOf, startedAt, endedAt, ...shown } = scan;
  return {
    ...shown,
    window: { from: window.from.toISOString(), to: window.to.toISOString() },
    asOf: asOf.toISOString(),
    headline: summary?.headline ?? null,
    columns: summary?.columns.map((one) => ({ ...one })) ?? [],
    prediction: summary?.prediction ? { ...summary.prediction } : null,
    target: summary?.target ? { ...summary.target } : null,
    performance: summary?.performance.map((point) => ({ ...point })) ?? [],
    decay: summary?.decay ? { ...summary.decay } : null,
    alerted: (summary?.alerted.length ?? 0) > 0,
    reportUrl: reportKey !== null && isKept(rules.retention, 'driftReportDays', endedAt, now) ? await downloadUrl(reportKey) : null,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
