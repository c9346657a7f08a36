import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EVENT_TYPES } from '#core/alerts/index.ts';
import { EXECUTION_STATUSES } from '#core/pipelines/index.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Messages that are no facts: orders and answers of the outbox, rows for the authorizer. */
const NOT_OF_THE_BUS = /\.(ordered|answered|projected)\.v1$/;

it('webhooks can be asked for every fact that the code records, and for nothing else', () => {
  const files = globSync(['core/**/*.ts', 'functions/**/*.ts'], { cwd: ROOT, exclude: (name) => name.endsWith('.test.ts') });
  const written = files
    .filter((file) => !file.endsWith('event-types.ts'))
    .flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/'[a-z-]+(\.[a-z-]+)+\.v1'/g) ?? [])
    .map((quoted) => quoted.slice(1, -1))
    .filter((type) => !NOT_OF_THE_BUS.test(type) && !type.startsWith('sluice.'));
  // Two are put together of their parts.
  const composed = [
    ...EXECUTION_STATUSES.map((status) => `execution.${status}.v1`),
    ...['approved', 'rejected', 'expired'].map((decision) => `approval.${decision}.v1`),
  ];
  expect([...new Set([...written, ...composed])].sort()).toEqual([...EVENT_TYPES].sort());
});
