import type { DuckDBConnection } from '@duckdb/node-api';
import { numericProfile, type Profile, type WindowProfile } from '#core/drift/index.ts';
import type { SignatureInput } from '#core/serving/index.ts';
import { name, text } from './sql.ts';
import { asSeen, columnProfile, countedNumbers } from './window-columns.ts';
import { joinLabels, measureDays } from './window-labels.ts';

export interface WindowQuestion {
  /** Parquet files of the prediction log, as prediction-rows.ts writes them. */
  readonly files: readonly string[];
  /** The inputs of the model, by its signature. One that no file has counts as missing in every row. */
  readonly features: readonly Pick<SignatureInput, 'name' | 'type' | 'onnx'>[];
  /** What happened, by prediction id, as far as it is known. */
  readonly labels?: ReadonlyMap<string, boolean> | undefined;
  /** Event times the rows lie between, the end not included; files reach over them when a window does not begin on the hour. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/**
 * Profiles a window of the prediction log. The files are read once, into a table of the connection's own; each column is then one
 * pass that groups and counts. The same rows give the same profile, whatever the order of the files and of the rows in them.
 */
export async function profileWindow(connection: DuckDBConnection, question: WindowQuestion): Promise<WindowProfile> {
  const { features, labels } = question;
  const rows = await gather(connection, question);
  try {
    const {
      distinct_ids: distinctIds,
      first_event,
      last_event,
    } = await one(
      connection,
      `select count(*)::double as distinct_ids, strftime(min(event_time), '%Y-%m-%dT%H:%M:%S.%gZ') as first_event,
        strftime(max(event_time), '%Y-%m-%dT%H:%M:%S.%gZ') as last_event from window_row`,
    );
    const columns: Profile['columns'][number][] = [];
    for (const [at, feature] of features.entries())
      columns.push({ name: feature.name, type: feature.type, profile: await columnProfile(connection, feature, at) });
    const scores = await countedNumbers(connection, 'score');
    const versions = await read(
      connection,
      `select version_id, min(version)::double as version, count(*)::double as rows from window_row group by version_id order by rows desc, version_id`,
    );
    if (labels) await joinLabels(connection, labels);
    const measured = labels ? await measureDays(connection) : undefined;
    return {
      profile: {
        version: 1,
        rows: distinctIds as number,
        columns,
        prediction: distinctIds === 0 ? null : numericProfile(scores.values, scores.counts, scores.missing),
        target: measured ? { labelled: measured.overall.labelled, positives: measured.overall.positives } : null,
      },
      rows,
      distinctIds: distinctIds as number,
      duplicates: rows - (distinctIds as number),
      versions: versions.map((row) => ({
        versionId: String(row['version_id']),
        version: Number(row['version']),
        rows: Number(row['rows']),
      })),
      firstEvent: first_event as string | null,
      lastEvent: last_event as string | null,
      performance: measured?.performance ?? [],
      overall: measured?.overall ?? { labelled: 0, positives: 0, auc: null, logLoss: null },
    };
  } finally {
    await connection.run('drop table if exists window_row');
    await connection.run('drop table if exists window_label');
  }
}

/** Fills `window_row` with one row per prediction; returns how many the files hold. */
async function gather(connection: DuckDBConnection, { files, features, from, to }: WindowQuestion): Promise<number> {
  if (files.length === 0) {
    const none = features.map((_, at) => `null::double as f${at}`);
    const fixed = `'' as id, 0 as version, '' as version_id, timestamp '1970-01-01' as event_time, 0.5::double as score`;
    await connection.run(`create temp table window_row as select ${[fixed, ...none].join(', ')} where false`);
    return 0;
  }
  const source = `read_parquet([${files.map(text).join(', ')}], union_by_name = true)`;
  const held = new Map(
    (await read(connection, `describe select * from ${source}`)).map((row) => [
      String(row['column_name']).toLowerCase(),
      String(row['column_type']),
    ]),
  );
  const selected = features.map((feature, at) => {
    const column = `feature_${feature.name}`;
    return `${held.has(column.toLowerCase()) ? asSeen(feature, name(column)) : 'null::double'} as f${at}`;
  });
  const bounds = [
    ...(from ? [`event_time >= timestamp ${text(sqlTime(from))}`] : []),
    ...(to ? [`event_time < timestamp ${text(sqlTime(to))}`] : []),
  ];
  const where = bounds.length > 0 ? `where ${bounds.join(' and ')}` : '';
  const fixed = 'id, version, version_id, event_time, cast(cast(score as float) as double) as score';
  await connection.run(`create temp table window_row as select ${[fixed, ...selected].join(', ')} from ${source} ${where}`);
  const { rows, ids } = await one(connection, 'select count(*)::double as rows, count(distinct id)::double as ids from window_row');
  if (rows !== ids) {
    // What a row says decides which one of a prediction is kept, never where it stands.
    const order = ['event_time', 'version_id', 'score', ...features.map((_, at) => `f${at}`)].join(', ');
    await connection.run(
      `create temp table window_once as select * from window_row qualify row_number() over (partition by id order by ${order}) = 1`,
    );
    await connection.run('drop table window_row');
    await connection.run('alter table window_once rename to window_row');
  }
  return rows as number;
}

function sqlTime(moment: Date): string {
  return moment.toISOString().replace('T', ' ').replace('Z', '');
}

async function one(connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>> {
  return (await read(connection, sql))[0] ?? {};
}

async function read(connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjects();
}
