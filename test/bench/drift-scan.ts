import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { withDuckDB } from '../../adapters/duckdb/database.ts';
import { profileWindow } from '../../adapters/duckdb/window-rows.ts';
import { judgeDrift, type WindowProfile } from '../../core/drift/index.ts';

export interface DriftScanFigures {
  readonly rows: number;
  readonly columns: number;
  readonly profileSeconds: number;
  readonly judgeSeconds: number;
  /** Rows times columns by the seconds of profile and judgement. */
  readonly rowColumnsPerSecond: number;
}

/** Columns of every kind; the number has as many values as there are rows, which is the slowest there is. */
const FEATURES = [
  { name: 'at', type: 'datetime', onnx: 'int64' },
  { name: 'size', type: 'integer', onnx: 'int64' },
  { name: 'price', type: 'number', onnx: 'float' },
  { name: 'member', type: 'boolean', onnx: 'bool' },
  { name: 'city', type: 'category', onnx: 'string' },
] as const;

/** Times profile and judgement of made-up rows, dealt to files as the log has them. */
export async function benchDriftScan({ rows = 1_000_000, files = 200 } = {}): Promise<DriftScanFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-drift-bench-'));
  try {
    const paths = await writeRows(folder, rows, files);
    const startedAt = performance.now();
    const current = await withDuckDB({ folder, memoryMb: 2048, threads: 2 }, (connection) =>
      profileWindow(connection, { files: paths, features: FEATURES }),
    );
    const profiledAt = performance.now();
    judge(current);
    const endedAt = performance.now();
    const columns = FEATURES.length + 1;
    return {
      rows,
      columns,
      profileSeconds: (profiledAt - startedAt) / 1000,
      judgeSeconds: (endedAt - profiledAt) / 1000,
      rowColumnsPerSecond: (rows * columns * 1000) / (endedAt - startedAt),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function judge({ profile }: WindowProfile): void {
  const { verdict } = judgeDrift({ reference: profile, current: profile });
  if (verdict !== 'no_drift') throw new Error(`a window is ${verdict} against itself`);
}

async function writeRows(folder: string, rows: number, files: number): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const perFile = Math.ceil(rows / files);
  const paths = Array.from({ length: files }, (_, at) => `${folder}/${at}.parquet`);
  try {
    for (const [at, path] of paths.entries()) {
      const [from, to] = [at * perFile, Math.min(rows, (at + 1) * perFile)];
      await connection.run(`copy (select 'prediction-' || i as id, 1 as version, 'v' as version_id, 'champion' as arm, null::varchar as unit,
        timestamp '2001-04-01' + interval (i // 60) minute as event_time, timestamp '2001-04-01' as received_at, false as label,
        (hash(i) % 1000003) / 1000003.0 as score, timestamp '2001-04-01' + interval (i // 60) minute as feature_at, (hash(i + 1) % 1000)::bigint as feature_size,
        (hash(i + 2) % 16777213) / 7.0 as feature_price, hash(i + 3) % 3 = 0 as feature_member, 'C' || (hash(i + 4) % 300) as feature_city
        from range(${from}, ${to}) t(i)) to '${path}' (format parquet, compression zstd)`);
    }
    return paths;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

if (process.argv[1] === import.meta.filename) {
  const { rows, columns, profileSeconds, judgeSeconds, rowColumnsPerSecond } = await benchDriftScan();
  console.log(
    `${rows.toLocaleString('en-US')} rows of ${columns} columns: profiled in ${profileSeconds.toFixed(2)} s, judged in ${judgeSeconds.toFixed(3)} s, ` +
      `${(rowColumnsPerSecond / 1e6).toFixed(2)} million rows·columns a second`,
  );
}
