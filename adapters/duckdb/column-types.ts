import type { ColumnType } from '#core/pipelines/index.ts';

const TYPES: Readonly<Record<ColumnType, RegExp>> = {
  integer: /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/,
  number: /^(FLOAT|DOUBLE|DECIMAL\(.*\)|U?(TINYINT|SMALLINT|INTEGER|BIGINT))$/,
  category: /^(VARCHAR|ENUM\(.*\))$/s,
  datetime: /^(DATE|TIMESTAMP|TIMESTAMP_S|TIMESTAMP_MS|TIMESTAMP_NS|TIMESTAMP WITH TIME ZONE)$/,
  boolean: /^BOOLEAN$/,
};

/** What a column that DuckDB calls this may be in a pipeline's schema. */
export function columnTypesOf(type: string): readonly ColumnType[] {
  return (Object.keys(TYPES) as ColumnType[]).filter((each) => TYPES[each].test(type));
}
