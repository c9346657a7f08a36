import { readFileSync } from 'node:fs';

/** Of what Vitest's JSON report says. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file broke as a whole. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Of a failure's message: what was expected, and not every line of a page that it was expected of. */
const SHOWN_LINES = 12;
const SHOWN_CHARACTERS = 2_000;
const PYTEST_FAILURE = /<testcase classname="([^"]*)" name="([^"]*)"[^>]*><(?:failure|error) message="([^"]*)"/g;

/**
 * Each failed test with its reason, for the end of a run whose beginning is long gone.
 *
 * @param report of Vitest as JSON or of pytest as JUnit's XML; none has nothing to tell
 */
export function failedTests(report: string | undefined): readonly string[] {
  if (report === undefined) return [];
  const text = readFileSync(report, 'utf8');
  return report.endsWith('.xml')
    ? [...text.matchAll(PYTEST_FAILURE)].map(([, file, name, message = '']) => told(`${file} ${name}`, message.replaceAll('&#10;', '\n')))
    : (JSON.parse(text) as VitestReport).testResults.flatMap(ofFile);
}

function ofFile({ name: file, status, message, assertionResults }: VitestReport['testResults'][number]): readonly string[] {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [told(file, message)] : [];
  return failed.map(({ fullName, failureMessages }) => told(fullName, failureMessages.join('\n')));
}

const told = (test: string, reason: string) =>
  `${test}\n${reason.split('\n').slice(0, SHOWN_LINES).join('\n').slice(0, SHOWN_CHARACTERS).replace(/^/gm, '    ')}`;
