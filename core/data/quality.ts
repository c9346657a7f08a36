import type { DataIssue } from '#core/kernel/index.ts';
import type { Plan } from '#core/pipelines/index.ts';

export interface ColumnProfile {
  readonly name: string;
  /** Null, an empty text, or a number that is not finite. */
  readonly missing: number;
  readonly outOfRange: number;
  readonly min: string | null;
  readonly max: string | null;
  readonly distinct: number;
}

export interface DatasetProfile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  /** Rows that repeat an earlier row exactly. */
  readonly duplicates: number;
  /** Rows whose `quality.unique` columns repeat an earlier row's; 0 when nothing has to be unique. */
  readonly repeatedKeys: number;
  /** Rows set aside because a value they must have is missing or out of range. */
  readonly quarantined: number;
  /** Rows no `keep` step wanted. */
  readonly filtered: number;
  /** Rows left for the split, and how many of them are positive. */
  readonly kept: number;
  readonly positives: number;
  /** Newest value of the freshness column, epoch milliseconds. */
  readonly newest: number | null;
}

/** Every limit of the plan the data breaks; none means the dataset may be learnt from. */
export function judgeQuality(plan: Plan, profile: DatasetProfile, asOf: Date): DataIssue[] {
  const { quality } = plan;
  const issues: DataIssue[] = [];
  const add = (broken: boolean, issue: DataIssue) => void (broken && issues.push(issue));
  add(profile.rows < quality.minRows, {
    column: '*',
    rule: 'min_rows',
    observed: `${profile.rows} rows`,
    limit: `at least ${quality.minRows}`,
  });
  for (const column of plan.columns) {
    const found = profile.columns.find((one) => one.name === column.name);
    if (!found || profile.rows === 0) continue;
    const missing = found.missing / profile.rows;
    const outside = found.outOfRange / profile.rows;
    add(missing > column.maxMissing, {
      column: column.name,
      rule: 'missing',
      observed: percent(missing),
      limit: `at most ${percent(column.maxMissing)}`,
    });
    add(outside > quality.outOfRange, {
      column: column.name,
      rule: 'out_of_range',
      observed: `${percent(outside)} outside ${column.min ?? '−∞'}…${column.max ?? '∞'} (seen ${found.min}…${found.max})`,
      limit: `at most ${percent(quality.outOfRange)}`,
    });
  }
  const repeated = profile.rows === 0 ? 0 : profile.duplicates / profile.rows;
  add(repeated > quality.duplicates, {
    column: '*',
    rule: 'duplicates',
    observed: percent(repeated),
    limit: `at most ${percent(quality.duplicates)}`,
  });
  add(profile.repeatedKeys > 0, {
    column: quality.unique?.join(', ') ?? '*',
    rule: 'unique',
    observed: `${profile.repeatedKeys} rows repeat another's values`,
    limit: 'none',
  });
  issues.push(...judgeTarget(plan, profile), ...judgeFreshness(plan, profile, asOf));
  return issues;
}

function judgeTarget(plan: Plan, { kept, positives }: DatasetProfile): DataIssue[] {
  const target = plan.columns.find((column) => column.role === 'target');
  if (!target || (positives > 0 && positives < kept)) return [];
  const only = kept === 0 ? 'no rows are left' : `every row is ${positives > 0}`;
  return [{ column: target.name, rule: 'two_classes', observed: only, limit: 'both true and false' }];
}

function judgeFreshness({ quality }: Plan, { newest }: DatasetProfile, asOf: Date): DataIssue[] {
  const { freshness } = quality;
  if (!freshness) return [];
  const hours = newest === null ? Number.POSITIVE_INFINITY : (asOf.getTime() - newest) / 3_600_000;
  if (hours <= freshness.maxHours) return [];
  const observed =
    newest === null ? 'no value' : `newest ${new Date(newest).toISOString()}, ${Math.round(hours)} hours before ${asOf.toISOString()}`;
  return [{ column: freshness.column, rule: 'freshness', observed, limit: `at most ${freshness.maxHours} hours` }];
}

/** Enough digits that a share just past its limit does not read like the limit. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}
