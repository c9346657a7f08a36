import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { text } from './sql.ts';

export interface DuckDBSettings {
  /** The one folder the database may read and write. */
  readonly folder: string;
  readonly memoryMb: number;
  readonly threads: number;
}

/**
 * Runs `use` with a database in memory that reaches one folder and nothing else: no network, no extensions, no other file.
 * The lock comes last, because it also locks the settings.
 */
export async function withDuckDB<Result>(
  { folder, memoryMb, threads }: DuckDBSettings,
  use: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.floor(memoryMb)}MB`,
    threads: String(threads),
    temp_directory: `${folder}/spill`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  try {
    const connection = await instance.connect();
    try {
      await connection.run(`set allowed_directories = [${text(`${folder}/`)}]`);
      await connection.run('set enable_external_access = false');
      await connection.run('set lock_configuration = true');
      return await use(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}
