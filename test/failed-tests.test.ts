import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failedTests } from './failed-tests.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-failed-tests-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function told(name: string, content: string): Promise<readonly string[]> {
  const file = join(folder, name);
  await writeFile(file, content);
  return failedTests(file);
}

it('tells a failed test with the first lines of its reason, and none that passed', async () => {
  const reason = ['expected 1 to be 2', ...Array.from({ length: 40 }, (_, at) => `at line ${at}`)].join('\n');
  const assertionResults = [
    { status: 'passed', fullName: 'adds', failureMessages: [] },
    { status: 'failed', fullName: 'refuses and survives a tired gate', failureMessages: [reason] },
  ];
  const report = { testResults: [{ name: '/a.test.ts', status: 'failed', message: '', assertionResults }] };
  const [only, ...others] = await told('some.json', JSON.stringify(report));
  expect(others).toEqual([]);
  expect(only).toMatch(/^refuses and survives a tired gate\n {4}expected 1 to be 2\n {4}at line 0\n/);
  expect(only?.split('\n')).toHaveLength(13);
});

it('tells a file that broke before its first test', async () => {
  const report = { testResults: [{ name: '/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] }] };
  expect(await told('whole.json', JSON.stringify(report))).toEqual(['/b.test.ts\n    no such module']);
});

it('tells what pytest found', async () => {
  const cases = `<testcase classname="tests.test_a" name="test_x" time="0.1" /><testcase classname="tests.test_a" name="test_y" time="0.1"><failure message="assert 1 == 2&#10; where">long</failure></testcase>`;
  const report = `<?xml version="1.0"?><testsuites><testsuite name="pytest" errors="0" failures="1" tests="2">${cases}</testsuite></testsuites>`;
  expect(await told('some.xml', report)).toEqual(['tests.test_a test_y\n    assert 1 == 2\n     where']);
});

it('has nothing to tell of a check without a report', () => {
  expect(failedTests(undefined)).toEqual([]);
});
