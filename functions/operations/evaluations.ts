import type { evaluationRoutes } from '#api/evaluations.ts';
import { type ChampionComparison, standingsOf } from '#core/evaluation/index.ts';
import { DomainError } from '#core/kernel/index.ts';
import type { Handlers } from '#functions/_http/serve.ts';
import type { OperationsDeps } from './operations-handlers.ts';

export function evaluationHandlers({
  plane,
  downloadUrl,
}: Pick<OperationsDeps, 'plane' | 'downloadUrl'>): Handlers<typeof evaluationRoutes> {
  return {
    findEvaluation: async (ctx, { model, version }) => {
      const found = await plane.read(ctx, async (tx) => {
        const registered = await tx.evaluations.ofModelVersion(model, version);
        return registered && { ...registered, gates: await tx.evaluations.verdictsOf(registered.execution) };
      });
      if (!found) throw new DomainError({ code: 'not_found', what: 'evaluation', id: `${model}/versions/${version}` });
      const { evaluation, execution, gates } = found;
      const { id, artifactSha256, rowsSha256, rows, metrics, details, reportKey, createdAt } = evaluation;
      // Kept with the rest of what was measured; shown with what it means.
      const { champion, ...told } = details;
      const reportUrl = await downloadUrl(reportKey);
      return {
        id,
        execution,
        artifactSha256,
        rowsSha256,
        rows,
        metrics,
        details: told,
        champion: championView(champion),
        gates: [...gates],
        reportUrl,
        createdAt: createdAt.toISOString(),
      };
    },
  };
}

/** Evaluations of before there was a champion to meet have nothing under that name. */
function championView(kept: unknown) {
  const champion = (kept ?? null) as ChampionComparison | null;
  return champion?.comparable ? { ...champion, differences: standingsOf(champion.differences) } : champion;
}
