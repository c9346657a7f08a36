import type { DuckDBConnection } from '@duckdb/node-api';
import type { PartRange, ScoredRows } from '#core/batch/index.ts';
import { ID_COLUMN } from './batch-input.ts';
import { text } from './sql.ts';

/** Gathers the answers of one part and writes them as two Parquet files: a row for each row, and a row for each thing that is wrong. */
export async function batchOutput(connection: DuckDBConnection, { from }: PartRange) {
  await connection.run('create temp table answer (row bigint, label boolean, score double, status varchar)');
  await connection.run('create temp table problem (row bigint, feature varchar, problem varchar, message varchar)');
  const answers = await connection.createAppender('answer', undefined, 'temp');
  const problems = await connection.createAppender('problem', undefined, 'temp');
  let next = from;
  return {
    add({ scores, labels, bad, issues }: ScoredRows): void {
      for (let row = 0; row < scores.length; row++) {
        answers.appendBigInt(BigInt(next + row));
        if (bad[row] === 1) {
          answers.appendNull();
          answers.appendNull();
          answers.appendVarchar('bad');
        } else {
          answers.appendBoolean(labels[row] === 1);
          answers.appendDouble(scores[row] as number);
          answers.appendVarchar('scored');
        }
        answers.endRow();
      }
      for (const { row, feature, problem, message } of issues) {
        problems.appendBigInt(BigInt(next + row));
        problems.appendVarchar(feature);
        problems.appendVarchar(problem);
        problems.appendVarchar(message);
        problems.endRow();
      }
      next += scores.length;
    },
    /** How many rows were answered. */
    async write(
      input: { readonly file: string; readonly hasId: boolean },
      version: number,
      to: { readonly answers: string; readonly problems: string },
    ): Promise<number> {
      answers.closeSync();
      problems.closeSync();
      // The id never leaves the engine, so that it keeps the type the caller gave it.
      const id = input.hasId ? `given.${ID_COLUMN}, ` : '';
      const given = input.hasId
        ? `join (select file_row_number as row, ${ID_COLUMN} from read_parquet(${text(input.file)}, file_row_number = true)
           where file_row_number >= ${from} and file_row_number < ${next}) given on given.row = answer.row`
        : '';
      await connection.run(
        `copy (select answer.row, ${id}cast(${version} as integer) as version, label, score, status from answer ${given} order by answer.row)
         to ${text(to.answers)} (format parquet, compression zstd)`,
      );
      await connection.run(`copy (select * from problem order by row) to ${text(to.problems)} (format parquet, compression zstd)`);
      return next - from;
    },
  };
}

export interface MergedParts {
  readonly rows: number;
  readonly badRows: number;
}

/** One file of many, in the order of their rows. */
export async function mergeParts(connection: DuckDBConnection, parts: readonly string[], to: string): Promise<void> {
  const files = parts.map(text).join(', ');
  await connection.run(`copy (select * from read_parquet([${files}]) order by row) to ${text(to)} (format parquet, compression zstd)`);
}

export async function countAnswers(connection: DuckDBConnection, file: string): Promise<MergedParts> {
  const counted = await connection.runAndReadAll(
    `select count(*) as rows, count(*) filter (where status = 'bad') as bad, count(distinct row) as distinct_rows from read_parquet(${text(file)})`,
  );
  const row = counted.getRowObjectsJson()[0] ?? {};
  if (row['rows'] !== row['distinct_rows']) throw new Error('a row has two answers');
  return { rows: Number(row['rows']), badRows: Number(row['bad']) };
}
