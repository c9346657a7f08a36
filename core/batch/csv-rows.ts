import { DomainError } from '#core/kernel/index.ts';

export interface CsvRow {
  readonly fields: readonly string[];
  /** Where it begins, counted from 1. */
  readonly line: number;
}

const QUOTE = '"';
/** A row that does not end is a quote that was never closed. */
const LONGEST_ROW = 1024 ** 2;

/**
 * The rows of a CSV by RFC 4180, the header first: commas, double quotes, any line ending, UTF-8. Blank lines are no rows. Nothing is
 * guessed and nothing is skipped, since a reader that mends what it cannot read gives fewer rows than the file has.
 *
 * @throws {DomainError} `batch_unreadable` with the line and what is wrong there
 */
export async function* csvRows(texts: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  const reader = csvReader();
  let header: CsvRow | undefined;
  const checked = function* (rows: readonly CsvRow[]): Generator<CsvRow> {
    for (const row of rows) {
      if (header) checkWidth(header, row);
      else {
        checkHeader(row);
        header = row;
      }
      yield row;
    }
  };
  for await (const text of texts) yield* checked(reader.read(text));
  yield* checked(reader.end());
  if (!header) throw new DomainError({ code: 'batch_unreadable', reason: 'the file is empty; its first row must name the columns' });
}

/** Keeps what is not finished from one text to the next. */
function csvReader() {
  let fields: string[] = [];
  let field = '';
  let line = 1;
  let began = 1;
  let length = 0;
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let afterReturn = false;
  let isFirst = true;

  const endField = () => {
    fields.push(field);
    field = '';
    state = 'start';
  };
  const endRow = (rows: CsvRow[]) => {
    const isBlank = fields.length === 0 && field === '' && state === 'start';
    if (!isBlank) {
      endField();
      rows.push({ fields, line: began });
    }
    fields = [];
    state = 'start';
    length = 0;
    began = line + 1;
  };
  const readOutside = (sign: string, rows: CsvRow[]) => {
    if (sign === ',') endField();
    else if (sign === '\n') {
      endRow(rows);
      line += 1;
    } else if (state === 'closed') throw unreadable(line, 'a quoted field goes on after its closing quote');
    else if (sign === QUOTE) {
      if (state === 'plain') throw unreadable(line, 'a quote within a field that does not begin with one');
      state = 'quoted';
    } else {
      field += sign;
      state = 'plain';
    }
  };
  return {
    read(given: string): CsvRow[] {
      const rows: CsvRow[] = [];
      const text = isFirst ? given.replace(/^\uFEFF/, '') : given;
      if (given !== '') isFirst = false;
      let at = 0;
      while (at < text.length) {
        if (length > LONGEST_ROW) throw unreadable(began, 'a row of more than a megabyte; is a quote not closed?');
        if (state === 'quoted' || state === 'plain' || state === 'start') {
          // The stretch up to the next sign that means something is taken as a whole.
          const to = nextSign(text, at, state === 'quoted');
          if (to > at) {
            const stretch = text.slice(at, to);
            if (state === 'quoted') for (const sign of stretch) line += sign === '\n' ? 1 : 0;
            else state = 'plain';
            field += stretch;
            length += stretch.length;
            afterReturn = false;
            at = to;
            continue;
          }
        }
        const sign = text[at] as string;
        at += 1;
        length += 1;
        const isSecondHalf = afterReturn && sign === '\n';
        afterReturn = false;
        if (isSecondHalf) continue;
        if (state === 'quoted') state = 'closed';
        else if (state === 'closed' && sign === QUOTE) {
          field += QUOTE;
          state = 'quoted';
        } else {
          afterReturn = sign === '\r';
          readOutside(afterReturn ? '\n' : sign, rows);
        }
      }
      return rows;
    },
    end(): CsvRow[] {
      if (state === 'quoted') throw unreadable(began, 'a quote that is not closed');
      const rows: CsvRow[] = [];
      endRow(rows);
      return rows;
    },
  };
}

function nextSign(text: string, from: number, isQuoted: boolean): number {
  const signs = isQuoted ? QUOTED_SIGNS : PLAIN_SIGNS;
  signs.lastIndex = from;
  return signs.exec(text)?.index ?? text.length;
}

const QUOTED_SIGNS = /"/g;
const PLAIN_SIGNS = /[",\r\n]/g;

function checkHeader({ fields }: CsvRow): void {
  const seen = new Set<string>();
  for (const [at, name] of fields.entries()) {
    if (name === '') throw unreadable(1, `column ${at + 1} has no name`);
    if (seen.has(name)) throw unreadable(1, `two columns are called "${name.slice(0, 100)}"`);
    seen.add(name);
  }
}

function checkWidth({ fields: { length: expected } }: CsvRow, { fields: { length: found }, line }: CsvRow): void {
  if (found !== expected) throw unreadable(line, `${found} ${found === 1 ? 'field' : 'fields'}, the header has ${expected}`);
}

function unreadable(line: number, reason: string): DomainError {
  return new DomainError({ code: 'batch_unreadable', reason: `line ${line}: ${reason}` });
}
