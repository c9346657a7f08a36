import { type DuckDBAppender, type DuckDBConnection, DuckDBTimestampValue } from '@duckdb/node-api';
import { epochSeconds, type FeatureType, type FeatureValue, type PredictionFile, type PredictionRow } from '#core/serving/index.ts';
import { name, text } from './sql.ts';

const TYPES = {
  integer: 'bigint',
  number: 'double',
  category: 'varchar',
  boolean: 'boolean',
  datetime: 'timestamp',
} as const satisfies Record<FeatureType, string>;

const FIXED = [
  'id varchar not null',
  'version integer not null',
  'version_id varchar not null',
  'arm varchar not null',
  'unit varchar',
  'event_time timestamp not null',
  'received_at timestamp not null',
  'label boolean not null',
  'score double not null',
] as const;

export interface RowsToWrite {
  readonly rows: readonly PredictionRow[];
  readonly path: string;
}

/**
 * Writes rows of the prediction log as Parquet files, all with the same features. What every prediction has comes first; each
 * feature is a column of its own, `feature_<name>`, so that a scan reads one feature without the others. Times are UTC.
 *
 * @param done told of each file once it is there; waited for, so that whoever takes the files away is not overrun
 */
export async function writePredictionRows(
  connection: DuckDBConnection,
  types: PredictionFile['types'],
  files: readonly RowsToWrite[],
  done: (index: number) => Promise<void> = async () => undefined,
): Promise<void> {
  const features = Object.entries(types);
  const columns = [...FIXED, ...features.map(([feature, type]) => `${name(`feature_${feature}`)} ${TYPES[type]}`)];
  await connection.run(`create or replace temp table prediction (file integer not null, ${columns.join(', ')})`);
  const appender = await connection.createAppender('prediction', undefined, 'temp');
  for (const [file, { rows }] of files.entries()) {
    for (const row of rows) {
      appender.appendInteger(file);
      appendFixed(appender, row);
      for (const [feature, type] of features) appendFeature(appender, type, row.features[feature]);
      appender.endRow();
    }
  }
  appender.closeSync();
  for (const [file, { path }] of files.entries()) {
    const rows = `select * exclude (file) from prediction where file = ${file} order by event_time, id`;
    await connection.run(`copy (${rows}) to ${text(path)} (format parquet, compression zstd)`);
    await done(file);
  }
  await connection.run('drop table prediction');
}

function appendFixed(appender: DuckDBAppender, row: PredictionRow): void {
  appender.appendVarchar(row.id);
  appender.appendInteger(row.version);
  appender.appendVarchar(row.versionId);
  appender.appendVarchar(row.arm);
  if (row.unit === undefined) appender.appendNull();
  else appender.appendVarchar(row.unit);
  appender.appendTimestamp(timestamp(Date.parse(row.eventTime)));
  appender.appendTimestamp(timestamp(Date.parse(row.receivedAt)));
  appender.appendBoolean(row.output.label);
  appender.appendDouble(row.output.score);
}

function appendFeature(appender: DuckDBAppender, type: FeatureType, value: FeatureValue | undefined): void {
  if (value === null || value === undefined || (type === 'category' && value === '')) {
    appender.appendNull();
    return;
  }
  switch (type) {
    case 'integer':
      appender.appendBigInt(BigInt(value));
      return;
    case 'number':
      appender.appendDouble(Number(value));
      return;
    case 'category':
      appender.appendVarchar(String(value));
      return;
    case 'boolean':
      appender.appendBoolean(value === true);
      return;
    case 'datetime':
      appender.appendTimestamp(timestamp((epochSeconds(String(value)) ?? Number.NaN) * 1000));
  }
}

function timestamp(milliseconds: number): DuckDBTimestampValue {
  return new DuckDBTimestampValue(BigInt(milliseconds) * 1000n);
}
