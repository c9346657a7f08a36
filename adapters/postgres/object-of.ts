import { type Expression, type RawBuilder, sql } from 'kysely';

/** The pairs of a subquery with the columns `key` and `value`, as one object; `{}` of none. */
export function objectOf<Value>(pairs: Expression<{ readonly key: string; readonly value: Value }>): RawBuilder<Record<string, Value>> {
  return sql`(select coalesce(jsonb_object_agg(key, value), '{}') from ${pairs} as pair)`;
}
