import type { DuckDBConnection } from '@duckdb/node-api';
import { type Measured, measureLabelled, type PerformancePoint } from '#core/drift/index.ts';
import { floats, streamed } from './window-stream.ts';

const DAY_SECONDS = 86_400;

/** Fills `window_label` with what is known to have happened. */
export async function joinLabels(connection: DuckDBConnection, labels: ReadonlyMap<string, boolean>): Promise<void> {
  await connection.run('create temp table window_label (id varchar, label boolean)');
  const appender = await connection.createAppender('window_label', undefined, 'temp');
  for (const [id, label] of labels) {
    appender.appendVarchar(id);
    appender.appendBoolean(label);
    appender.endRow();
  }
  appender.closeSync();
}

/** Per day of the event time, and of all labelled rows together. Means are sums of whole numbers, which no order of rows changes. */
export async function measureDays(
  connection: DuckDBConnection,
): Promise<{ readonly performance: readonly PerformancePoint[]; readonly overall: Measured }> {
  const read = await connection.runAndReadAll(
    `select strftime(event_time, '%Y-%m-%d') as day, count(*)::double as rows, sum(cast(round(score * 1e9) as bigint))::double / 1e9 / count(*) as mean from window_row group by 1 order by 1`,
  );
  const all = { days: floats(), labels: floats(), scores: floats() };
  const sql = `select cast(floor(epoch(event_time) / ${DAY_SECONDS}) as double), cast(label as integer)::double, score
    from window_row join window_label using (id) order by 1, 3, 2`;
  for await (const { columns, rows } of streamed(connection, sql)) {
    all.days.add(columns[0] as Float64Array, rows);
    all.labels.add(columns[1] as Float64Array, rows);
    all.scores.add(columns[2] as Float64Array, rows);
  }
  const [days, labels, scores] = [all.days.done(), all.labels.done(), all.scores.done()];
  let from = 0;
  const performance = read.getRows().map(([day, rows, mean]): PerformancePoint => {
    const number = Date.parse(`${String(day)}T00:00:00Z`) / 1000 / DAY_SECONDS;
    let to = from;
    while (to < days.length && days[to] === number) to += 1;
    const { labelled, positives, auc, logLoss } = measureLabelled(labels.subarray(from, to), scores.subarray(from, to));
    from = to;
    const rate = labelled === 0 ? null : positives / labelled;
    return { day: String(day), rows: Number(rows), labelled, rate, meanScore: mean as number | null, auc, logLoss };
  });
  return { performance, overall: measureLabelled(labels, scores) };
}
