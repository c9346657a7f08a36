import { describe, expect, it } from 'vitest';
import { batchFiles } from '#core/batch/index.ts';
import { uploadKey } from '#core/data/index.ts';
import { keys } from '#functions/_stores/keys.ts';
import { IMMUTABLE } from '../../infra/constructs/data-bucket.ts';

/** Keys whose objects may be written again, and why. */
const AGAIN: Readonly<Record<string, string>> = {
  run: 'SageMaker writes into it, without a condition.',
  evaluationReport: 'A repeated step dates the page anew.',
};

const matches = (key: string) => IMMUTABLE.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(key));
const batch = batchFiles('t', { versionId: 'v', inputSha256: 'a', format: 'csv' });

describe('an object', () => {
  it.each([
    ...Object.entries(keys).map(([name, key]) => ({ name, key: (key as (...parts: readonly string[]) => string)('t', 'a', 'b') })),
    ...(['dataset', 'source', 'batch'] as const).map((kind) => ({ name: `upload of a ${kind}`, key: uploadKey('t', kind, 'a') })),
    ...Object.entries(batch).map(([name, key]) => ({ name: `batch: ${name}`, key: typeof key === 'string' ? key : key(1) })),
  ])('is written once by the bucket’s policy, or says why not: $name', ({ name, key }) => expect(matches(key)).toBe(!(name in AGAIN)));

  it('has no reason to be written again that no key needs', () =>
    expect(Object.keys(keys)).toEqual(expect.arrayContaining(Object.keys(AGAIN))));
});
