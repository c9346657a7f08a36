import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** What DocumentDB 8.0 has (Supported MongoDB APIs, by version) and we use. A new one is looked up there first. */
const IN_DOCUMENTDB_8 = new Set([
  '$addToSet',
  '$and',
  '$cond',
  '$eq',
  '$group',
  '$gte',
  '$in',
  '$lt',
  '$lte',
  '$match',
  '$max',
  '$setOnInsert',
  '$sum',
]);

it('uses only operators that DocumentDB 8.0 has', () => {
  const used = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8').match(/\$[a-zA-Z]+(?=['"]?\s*:)/g) ?? []);
  expect(used.length).toBeGreaterThan(0);
  expect([...new Set(used)].filter((operator) => !IN_DOCUMENTDB_8.has(operator))).toEqual([]);
});
