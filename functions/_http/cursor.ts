import type * as z from 'zod';
import { DomainError } from '#core/kernel/index.ts';

/** Where a list goes on, opaque to the caller. */
export function writeCursor(position: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws {DomainError} `cursor_invalid` when it is not one that `writeCursor` gave for this list */
export function readCursor<Position extends z.ZodType>(cursor: string | undefined, position: Position): z.output<Position> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new DomainError({ code: 'cursor_invalid' }, { cause });
  }
}

/** A page of at most `limit`, from a query that asked for one more to know whether there is a next one. */
export function pageFrom<Row, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
  position: (last: Row) => Readonly<Record<string, unknown>>,
): { items: Item[]; next?: string } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(view), ...(rows.length > limit && last !== undefined ? { next: writeCursor(position(last)) } : {}) };
}
