import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '#core/kernel/index.ts';
import { csvRows } from './csv-rows.ts';

/** In stretches of `size` characters, as a stream would bring it. */
async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string, size = 7): Promise<(readonly string[])[]> {
  const rows: (readonly string[])[] = [];
  for await (const { fields } of csvRows(cut(text, size))) rows.push(fields);
  return rows;
}

async function refusal(text: string): Promise<string> {
  const error = await read(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DomainError && error.failure.code === 'batch_unreadable') return error.failure.reason;
  throw new Error(`was not refused as unreadable: ${error}`);
}

describe('a CSV', () => {
  it.each([
    { name: 'ends its lines as Unix does', text: 'a,b\n1,2\n', rows: [['1', '2']] },
    {
      name: 'ends its lines as Windows does',
      text: 'a,b\r\n1,2\r\n3,4\r\n',
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
    },
    {
      name: 'ends its lines now so, now so',
      text: 'a,b\r\n1,2\n3,4\r5,6',
      rows: [
        ['1', '2'],
        ['3', '4'],
        ['5', '6'],
      ],
    },
    { name: 'does not end its last line', text: 'a,b\n1,2', rows: [['1', '2']] },
    { name: 'begins with a byte order mark', text: '\uFEFFa,b\n1,2\n', rows: [['1', '2']] },
    { name: 'has commas, quotes and lines within quotes', text: 'a,b\n"1,5","say ""hi""\nthere"\n', rows: [['1,5', 'say "hi"\nthere']] },
    {
      name: 'has empty fields',
      text: 'a,b\n,\n"",x\n',
      rows: [
        ['', ''],
        ['', 'x'],
      ],
    },
    { name: 'has blank lines', text: 'a,b\n\n1,2\n\n', rows: [['1', '2']] },
    { name: 'has a header alone', text: 'a,b\n', rows: [] },
  ])('that $name is read', async ({ text, rows }) => {
    for (const size of [1, 2, 3, 100]) expect((await read(text, size)).slice(1)).toEqual(rows);
  });

  it.each([
    { name: 'nothing', text: '', says: 'the file is empty' },
    { name: 'a row too short', text: 'a,b\n1,2\n3\n', says: 'line 3: 1 field, the header has 2' },
    { name: 'a row too long', text: 'a,b\n1,2,3\n', says: 'line 2: 3 fields, the header has 2' },
    { name: 'a quote that is not closed', text: 'a,b\n1,2\n1,"x\n2,3\n', says: 'line 3: a quote that is not closed' },
    { name: 'a quote in the middle', text: 'a,b\n1,x"y\n', says: 'line 2: a quote within a field' },
    { name: 'more after a closing quote', text: 'a,b\n"1"0,2\n', says: 'line 2: a quoted field goes on' },
    { name: 'two columns of one name', text: 'a,b,a\n1,2,3\n', says: 'two columns are called "a"' },
    { name: 'a column without a name', text: 'a,,c\n1,2,3\n', says: 'column 2 has no name' },
    { name: 'a row without end', text: `a,b\n1,"${'x\n'.repeat(700_000)}`, says: 'line 2: a row of more than a megabyte' },
    { name: 'a short row after one of several lines', text: 'a,b\n"1\n\n1",2\n3\n', says: 'line 5: 1 field' },
  ])('with $name is refused with the place', async ({ text, says }) => expect(await refusal(text)).toContain(says));

  it('loses nothing of what was written, however it comes', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r', ' ', 'é', '🛫') });
    const written = fc
      .integer({ min: 2, max: 4 })
      .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 6 }));
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(written, fc.integer({ min: 1, max: 9 }), fc.constantFrom('\n', '\r\n'), async (rows, size, end) => {
        const header = (rows[0] ?? ['', '']).map((_, at) => `c${at}`);
        const text = [header, ...rows].map((row) => row.map(quoted).join(',') + end).join('');
        expect(await read(text, size)).toEqual([header, ...rows]);
      }),
    );
  });
});
