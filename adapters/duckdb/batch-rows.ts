import type { DuckDBConnection } from '@duckdb/node-api';
import { csvValue, type PartRange } from '#core/batch/index.ts';
import type { Features, FeatureValue, SignatureInput } from '#core/serving/index.ts';
import { name, text } from './sql.ts';

/**
 * Streams rows `from` to `to` of a Parquet in its order, as a caller of the API would have sent them.
 * @param isText every column is a CSV's text
 */
export async function* batchRows(
  connection: DuckDBConnection,
  { file, inputs, isText }: { readonly file: string; readonly inputs: readonly SignatureInput[]; readonly isText: boolean },
  { from, to }: PartRange,
): AsyncGenerator<readonly Features[]> {
  const selected = inputs.map((input) => (isText ? name(input.name) : asValue(input)));
  const result = await connection.stream(
    `select ${selected.join(', ')} from read_parquet(${text(file)}, file_row_number = true)
     where file_row_number >= ${from} and file_row_number < ${to} order by file_row_number`,
  );
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const columns = inputs.map(({ type }, at) => {
      const values = chunk.getColumnValues(at) as readonly FeatureValue[];
      return isText ? values.map((value) => csvValue(type, String(value ?? ''))) : values;
    });
    yield Array.from({ length: chunk.rowCount }, (_, row) =>
      Object.fromEntries(inputs.map((input, at) => [input.name, columns[at]?.[row] ?? null])),
    );
  }
}

/** The column in the types that JSON has. What is not a number is missing, as it was where the model learnt. */
function asValue({ name: column, type }: SignatureInput): string {
  const quoted = name(column);
  switch (type) {
    case 'integer':
    case 'number':
      return `case when isnan(cast(${quoted} as double)) then null else cast(${quoted} as double) end`;
    case 'category':
      return `cast(${quoted} as varchar)`;
    case 'boolean':
      return quoted;
    case 'datetime':
      // Through the epoch, because a time with a zone would need the calendar extension; a time without end has none.
      return `strftime(make_timestamp(epoch_us(${quoted})), '%Y-%m-%dT%H:%M:%SZ')`;
  }
}
