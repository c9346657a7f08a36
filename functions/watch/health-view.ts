import type { ResponseOf } from '#api/route.ts';
import type { watchRoutes } from '#api/watch.ts';
import type { ModelHealth, WatchedModel } from '#core/watch/index.ts';

export function healthView(
  { name, liveVersion, aliases, rollout, monitors, retraining }: WatchedModel,
  { status, reasons, versions }: ModelHealth,
  { from, to, minutes }: { readonly from: Date; readonly to: Date; readonly minutes: number },
): ResponseOf<typeof watchRoutes.findModelHealth> {
  return {
    model: name,
    status,
    reasons,
    liveVersion,
    aliases: { ...aliases },
    rollout: rollout && { id: rollout.id, version: rollout.version, share: rollout.share, status: rollout.status },
    versions: versions.map(({ lastCallAt, ...version }) => ({ ...version, lastCallAt: lastCallAt?.toISOString() ?? null })),
    drift: monitors.flatMap(({ scan }) =>
      scan
        ? [
            {
              monitor: scan.monitor,
              verdict: scan.verdict,
              status: scan.status,
              window: { from: scan.windowStart.toISOString(), to: scan.windowEnd.toISOString() },
              scan: scan.id,
              at: (scan.endedAt ?? scan.startedAt).toISOString(),
            },
          ]
        : [],
    ),
    retraining: retraining && { ...retraining, decidedAt: retraining.decidedAt.toISOString() },
    window: { from: from.toISOString(), to: to.toISOString(), minutes },
  };
}
