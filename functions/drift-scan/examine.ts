import { join } from 'node:path';
import { withDuckDB } from '#adapters/duckdb/database.ts';
import { loggedIds, loggedVersions } from '#adapters/duckdb/logged-rows.ts';
import { profileWindow } from '#adapters/duckdb/window-rows.ts';
import { judgeDrift, type Profile } from '#core/drift/index.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { judgeSettings, type Monitor, type Scan, type ScanReport, type Window } from '#core/monitoring/index.ts';
import { parseSignature } from '#core/serving/index.ts';
import { withScratch } from '#functions/_stores/scratch.ts';
import type { DriftScanDeps } from './deps.ts';
import { fetchWindow } from './fetch-window.ts';
import { labelsOf } from './labels-of.ts';
import { judgedVersion, trainingProfile } from './reference.ts';

const LARGEST_WINDOW_ROWS = 5_000_000;
const LABELS_AT_ONCE = 2_000;

const NOTHING: Profile = { version: 1, rows: 0, columns: [], prediction: null, target: null };

/** Reads the window's part of the log and the labels, and holds them against the reference of the monitor. */
export function examine(deps: DriftScanDeps, ctx: Context, scan: Scan, monitor: Monitor): Promise<ScanReport> {
  const { settings } = monitor;
  return withScratch(async (folder) => {
    const paths = await fetchWindow(deps, { tenant: ctx.tenant, model: scan.model, window: scan.window, folder: join(folder, 'window') });
    const about = {
      scan: scan.id,
      monitor: monitor.name,
      model: scan.model,
      window: { from: scan.window.from.toISOString(), to: scan.window.to.toISOString() },
      asOf: scan.asOf.toISOString(),
      reference: settings.reference,
      minRows: settings.minRows,
      alertOn: settings.alertOn,
      files: paths.length,
    };
    return withDuckDB({ folder, memoryMb: deps.memoryMb, threads: deps.threads }, async (connection) => {
      const versions = await loggedVersions(connection, paths);
      const [most] = versions;
      if (!most) {
        const judgement = judgeDrift({ reference: NOTHING, current: NOTHING, settings: judgeSettings(settings) });
        return { ...about, versionId: null, version: null, rows: 0, labelled: 0, verdict: 'insufficient', judgement };
      }
      const rows = versions.reduce((sum, one) => sum + one.rows, 0);
      if (rows > LARGEST_WINDOW_ROWS)
        throw new DomainError({ code: 'window_too_large', measure: 'rows', found: rows, limit: LARGEST_WINDOW_ROWS });
      const { version, aucBound } = await judgedVersion(deps, ctx, most.versionId);
      const features = parseSignature(version.signature).inputs;
      const read = async (files: readonly string[], { from, to }: Window) => {
        const labels = await labelsOf(deps.labels, ctx.tenant, loggedIds(connection, files, LABELS_AT_ONCE));
        return profileWindow(connection, { files, labels, features, from, to });
      };
      const current = await read(paths, scan.window);
      const reference = await referenceOf();
      const judgement = judgeDrift({
        reference,
        current: current.profile,
        settings: judgeSettings(settings),
        performance: current,
        aucBound,
      });
      const verdict = current.distinctIds < settings.minRows ? ('insufficient' as const) : judgement.verdict;
      return {
        ...about,
        versionId: version.id,
        version: version.number,
        rows: current.distinctIds,
        labelled: current.overall.labelled,
        verdict,
        judgement,
      };

      async function referenceOf(): Promise<Profile> {
        if (settings.reference.kind === 'training') return trainingProfile(deps, version);
        const window: Window = { from: new Date(settings.reference.from), to: new Date(settings.reference.to) };
        const files = await fetchWindow(deps, { tenant: ctx.tenant, model: scan.model, window, folder: join(folder, 'reference') });
        return files.length === 0 ? NOTHING : (await read(files, window)).profile;
      }
    });
  });
}
