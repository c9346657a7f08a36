import { sql, type Transaction } from 'kysely';
import { BATCH_STATUSES, batchFiles, hasEnded as batchHasEnded } from '#core/batch/index.ts';
import type { Policy } from '#core/governance/index.ts';
import { EXECUTION_STATUSES, hasEnded } from '#core/pipelines/index.ts';
import type { DataInUse } from '#core/retention/index.ts';
import { hourPath } from '#core/serving/index.ts';
import { inTenant } from './in-tenant.ts';
import { lockBeginning } from './lock-beginning.ts';
import { postgresPolicies } from './policies.ts';
import type { Postgres } from './pool.ts';
import type { Tables } from './tables.ts';

const HOUR_MS = 60 * 60_000;
/** Those whose files later steps read. */
const STEPS = ['validate', 'split'];

/** What rows say is in use, as keys of the bucket. */
export function postgresDataInUse(
  pool: Postgres,
): DataInUse & { policy(tenant: string): Promise<Policy>; isTold(tenant: string, asOf: Date): Promise<boolean> } {
  const within = inTenant(pool);
  return {
    policy: (tenant) => within(tenant, (trx) => postgresPolicies(trx).current()),
    isTold: (tenant, asOf) =>
      within(tenant, async (trx) => {
        const newest = trx.selectFrom('audit').select('data').where('subject', '=', 'retention').orderBy('seq', 'desc').limit(1);
        const { data } = (await newest.executeTakeFirst()) ?? {};
        return (data as { readonly asOf?: unknown } | undefined)?.asOf === asOf.toISOString();
      }),
    look: (tenant, batchesEndedBefore) =>
      within(tenant, async (trx) => {
        const { version: policyVersion } = await postgresPolicies(trx).current();
        const scans = await runningScans(trx, tenant);
        const held = new Set([...(await ofExecutions(trx, tenant)), ...scans.keys, ...(await ofBatches(trx, tenant, batchesEndedBefore))]);
        return { policyVersion, held, scanning: scans.count > 0 };
      }),
    whileNobodyBegins: (tenant, { inputHashes, batchesEndedBefore }, work) =>
      within(tenant, async (trx) => {
        await lockBeginning(trx, 'nobody may');
        const held = new Set([...(await ofExecutions(trx, tenant)), ...(await ofBatches(trx, tenant, batchesEndedBefore))]);
        const free = inputHashes.filter((hash) => !held.has(partsOf(tenant, hash)));
        if (free.length > 0)
          await trx
            .deleteFrom('step_result')
            .where('step', 'in', STEPS)
            .where('input_hash', '=', sql<string>`any(${free}::bpchar[])`)
            .execute();
        await work(held);
      }),
  };
}

function partsOf(tenant: string, inputHash: string): string {
  return `tenants/${tenant}/executions-data/${inputHash}/`;
}

async function ofExecutions(trx: Transaction<Tables>, tenant: string): Promise<readonly string[]> {
  const open = EXECUTION_STATUSES.filter((status) => !hasEnded(status));
  const runs = await trx.selectFrom('execution').select('run_id').where('status', 'in', open).where('run_id', 'is not', null).execute();
  const steps = await trx
    .selectFrom('step')
    .innerJoin('execution', 'execution.id', 'step.execution_id')
    .select('step.input_hash')
    .distinct()
    .where('execution.status', 'in', open)
    .where('step.name', 'in', STEPS)
    .where('step.input_hash', 'is not', null)
    .execute();
  return [
    ...runs.map(({ run_id }) => `tenants/${tenant}/runs/${run_id}/`),
    ...steps.flatMap(({ input_hash: hash }) => [
      `tenants/${tenant}/executions-data/${hash}/`,
      `tenants/${tenant}/quarantine/${hash}.parquet`,
    ]),
  ];
}

async function ofBatches(trx: Transaction<Tables>, tenant: string, endedBefore: Date | undefined): Promise<readonly string[]> {
  if (!endedBefore) return [];
  const open = BATCH_STATUSES.filter((status) => !batchHasEnded(status));
  const rows = await trx
    .selectFrom('batch_prediction')
    .select(['input_key', 'model_version_id', 'input_sha256', 'format'])
    .distinct()
    .where((row) => row.or([row('status', 'in', open), row('ended_at', '>=', endedBefore)]))
    .execute();
  return rows.flatMap(({ input_key, model_version_id: versionId, input_sha256: inputSha256, format }) => [
    input_key,
    batchFiles(tenant, { versionId, inputSha256, format }).folder,
  ]);
}

/** The hours of the log that they read, and the pages that they write. */
async function runningScans(
  trx: Transaction<Tables>,
  tenant: string,
): Promise<{ readonly count: number; readonly keys: readonly string[] }> {
  const rows = await trx
    .selectFrom('scan')
    .innerJoin('monitor', 'monitor.id', 'scan.monitor_id')
    .innerJoin('model', 'model.id', 'monitor.model_id')
    .select(['scan.id', 'scan.window_start', 'scan.window_end', 'model.name as model'])
    .where('scan.status', '=', 'running')
    .execute();
  const keys = rows.flatMap(({ id, model, window_start: from, window_end: to }) => [
    `tenants/${tenant}/reports/drift/${id}.html`,
    ...Array.from(
      { length: Math.ceil((to.getTime() - from.getTime()) / HOUR_MS) },
      (_, hour) => `tenants/${tenant}/predictions/${model}/${hourPath(new Date(from.getTime() + hour * HOUR_MS).toISOString())}/`,
    ),
  ]);
  return { count: rows.length, keys };
}
