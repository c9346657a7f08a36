import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Scan, ScanFailure, ScanSummary, Scans } from '#core/monitoring/index.ts';
import type { Tables } from './tables.ts';

export function postgresScans(trx: Transaction<Tables>): Scans {
  const scans = () =>
    trx
      .selectFrom('scan')
      .innerJoin('monitor', 'monitor.id', 'scan.monitor_id')
      .innerJoin('model', 'model.id', 'monitor.model_id')
      .leftJoin('model_version', 'model_version.id', 'scan.model_version_id')
      .select([
        'scan.id',
        'scan.monitor_id',
        'monitor.name as monitor',
        'model.id as model_id',
        'model.name as model',
        'scan.model_version_id',
        'model_version.number as model_version',
        'scan.window_start',
        'scan.window_end',
        'scan.as_of',
        'scan.status',
        'scan.verdict',
        'scan.rows',
        'scan.labelled',
        'scan.summary',
        'scan.report_key',
        'scan.failure',
        'scan.attempts',
        'scan.started_at',
        'scan.ended_at',
      ]);
  const byId = (id: string) => scans().where('scan.id', '=', id);
  return {
    async find(id) {
      const row = await byId(id).executeTakeFirst();
      return row && toScan(row);
    },

    async lock(id) {
      const row = await byId(id).forUpdate('scan').executeTakeFirst();
      return row && toScan(row);
    },

    async begin({ monitorId, window, asOf, run, traceparent }, now) {
      const row = { as_of: asOf, run: run ?? null, traceparent: traceparent ?? null, started_at: now, ended_at: null };
      const begun = await trx
        .insertInto('scan')
        .values({ id: uuidv7(), monitor_id: monitorId, window_start: window.from, window_end: window.to, ...row })
        .onConflict((existing) =>
          existing
            .columns(['monitor_id', 'window_start', 'window_end'])
            .doUpdateSet({ ...row, status: 'running', failure: null, attempts: sql<number>`scan.attempts + 1` })
            .where('scan.status', '<>', 'succeeded'),
        )
        .returning('id')
        .executeTakeFirst();
      return begun && toScan(await byId(begun.id).executeTakeFirstOrThrow());
    },

    ofRun: (run) => trx.selectFrom('scan').select(['id', 'status']).where('run', '=', run).execute(),

    async succeed(id, { modelVersionId, verdict, rows, labelled, summary, reportKey }, now) {
      await trx
        .updateTable('scan')
        .set({
          model_version_id: modelVersionId,
          status: 'succeeded',
          verdict,
          rows,
          labelled,
          summary: JSON.stringify(summary),
          report_key: reportKey,
          failure: null,
          ended_at: now,
        })
        .where('id', '=', id)
        .execute();
    },

    async fail(id, failure, now) {
      await trx
        .updateTable('scan')
        .set({ status: 'failed', failure: JSON.stringify(failure), ended_at: now })
        .where('id', '=', id)
        .execute();
    },

    windows: (monitorId, from) =>
      trx
        .selectFrom('scan')
        .select(['window_start as from', 'window_end as to', 'status', 'attempts', 'started_at as startedAt', 'run'])
        .where('monitor_id', '=', monitorId)
        .where('window_end', '>', from)
        .orderBy('window_start')
        .execute(),

    async list(monitorId, { limit, before }) {
      let query = scans().where('scan.monitor_id', '=', monitorId);
      if (before) query = query.where(sql<boolean>`(scan.window_end, scan.id) < (${before.to}, ${before.id}::uuid)`);
      const rows = await query.orderBy('scan.window_end', 'desc').orderBy('scan.id', 'desc').limit(limit).execute();
      return rows.map(toScan);
    },

    async latestOfModel(modelId) {
      const rows = await scans()
        .distinctOn('scan.monitor_id')
        .where('monitor.model_id', '=', modelId)
        .where('scan.status', '<>', 'running')
        .orderBy('scan.monitor_id')
        .orderBy('scan.ended_at', 'desc')
        .orderBy('scan.window_end', 'desc')
        .execute();
      return rows.map(toScan);
    },
  };
}

interface ScanRow {
  readonly id: string;
  readonly monitor_id: string;
  readonly monitor: string;
  readonly model_id: string;
  readonly model: string;
  readonly model_version_id: string | null;
  readonly model_version: number | null;
  readonly window_start: Date;
  readonly window_end: Date;
  readonly as_of: Date;
  readonly status: Scan['status'];
  readonly verdict: Scan['verdict'];
  readonly rows: number | null;
  readonly labelled: number | null;
  readonly summary: unknown;
  readonly report_key: string | null;
  readonly failure: unknown;
  readonly attempts: number;
  readonly started_at: Date;
  readonly ended_at: Date | null;
}

function toScan(row: ScanRow): Scan {
  return {
    id: row.id,
    monitorId: row.monitor_id,
    monitor: row.monitor,
    modelId: row.model_id,
    model: row.model,
    modelVersionId: row.model_version_id,
    modelVersion: row.model_version,
    window: { from: row.window_start, to: row.window_end },
    asOf: row.as_of,
    status: row.status,
    verdict: row.verdict,
    rows: row.rows,
    labelled: row.labelled,
    // Both were recorded by us; the columns are opaque to everyone else.
    summary: row.summary as ScanSummary | null,
    failure: row.failure as ScanFailure | null,
    reportKey: row.report_key,
    attempts: row.attempts,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}
