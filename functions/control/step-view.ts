import type { Context } from '#core/kernel/index.ts';
import type { StepRecord } from '#core/pipelines/index.ts';
import { keys } from '#functions/_steps/keys.ts';
import type { ReadingDeps } from './reading-deps.ts';

type Output = Readonly<Record<string, unknown>>;
type Files = Pick<ReadingDeps, 'downloadUrl' | 'findObject'>;

/** A step as its reader sees it: the files it left as addresses, never as keys of the bucket. */
export async function stepView({ downloadUrl, findObject }: Files, { tenant }: Context, record: StepRecord) {
  const { step, attempt, status, output, failure, startedAt, endedAt } = record;
  const { reportKey, quarantineKey } = output ? keysOf(output) : await keysOfRefused({ findObject }, tenant, record);
  return {
    step,
    attempt,
    status,
    output: output && (withoutKeys(output, `tenants/${tenant}/`) as Output),
    failure,
    reportUrl: reportKey ? await downloadUrl(reportKey) : null,
    quarantineUrl: quarantineKey ? await downloadUrl(quarantineKey) : null,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}

interface Keys {
  readonly reportKey?: string | undefined;
  readonly quarantineKey?: string | undefined;
}

function keysOf({ reportKey, quarantineKey }: Output): Keys {
  return { reportKey: textOr(reportKey), quarantineKey: textOr(quarantineKey) };
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A refused validation has no output, but it wrote what it saw under its inputs' hash before it refused. */
async function keysOfRefused({ findObject }: Pick<Files, 'findObject'>, tenant: string, record: StepRecord): Promise<Keys> {
  const { step, status, inputHash } = record;
  if (step !== 'validate' || status !== 'refused' || !inputHash) return {};
  const [reportKey, quarantineKey] = await Promise.all(
    [keys.qualityReport(tenant, inputHash), keys.quarantine(tenant, inputHash)].map(async (key) =>
      (await findObject(key)) ? key : undefined,
    ),
  );
  return { reportKey, quarantineKey };
}

/** The same without every text that is a key of the tenant's objects. */
function withoutKeys(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutKeys(one, prefix));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => !(typeof one === 'string' && one.startsWith(prefix)));
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutKeys(one, prefix)]));
}
