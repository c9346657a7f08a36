import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pythonEnvironment } from '../local/python-environment.ts';
import { failedTests } from './failed-tests.ts';
import { reliabilityTable } from './reliability.ts';

/**
 * `npm test`: every check in the order of what breaks cheapest, all of them even when one fails, what failed told again in the end, one
 * closing line.
 */

const root = new URL('..', import.meta.url).pathname;
const results = join(root, '.sluice', 'test');

interface Check {
  readonly name: string;
  readonly command: () => Promise<readonly string[]> | readonly string[];
  /** @default the repository's root */
  readonly folder?: string;
  /** The tests' own count of a check that runs many; a check without one counts as one. */
  readonly count?: () => Tally;
  /** Whether a test may be left out for a reason that it gives. @default a test that is left out has failed */
  readonly maySkip?: boolean;
}
interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped?: number;
}

/** In their order; those in one list wait more than they work, and run side by side. */
const CHECKS: readonly (Check | readonly Check[])[] = [
  { name: 'format', command: () => ['biome', 'ci', '--error-on-warnings', '.'] },
  { name: 'types', command: () => ['tsc', '-b'] },
  { name: 'promises', command: () => ['oxlint', '--type-aware', '--quiet'] },
  { name: 'unused', command: () => ['knip', '--no-progress'] },
  vitest('unit', ['--project', 'stores', '--coverage']),
  vitest('tenants', ['--project', 'timing']),
  vitest('infra'),
  [
    vitest('region'),
    pytest('engine', 'region', 'local/engine/requirements.txt', 'local/engine'),
    pytest('training', 'training', 'training/requirements-test.txt', 'training'),
  ],
  vitest('e2e', ['--project', 'e2e-slow', '--project', 'e2e-last']),
  // A clone without history has nothing to upgrade from, and says so.
  { ...vitest('lifecycle'), maySkip: true },
  // One waits for what it killed, and the other has work for every core: it takes what is left of them.
  [
    { name: 'kills', command: () => ['node', 'test/chaos/real/main.ts', '--kills', '20', '--seed', '1', '--afresh', '--engine'] },
    {
      name: 'chaos',
      command: () => 'nice -n 10 node test/chaos/injected/main.ts --self-test --points 300 --minutes 16'.split(' '),
    },
  ],
];

function vitest(project: string, options: readonly string[] = []): Check {
  const file = join(results, `${project}.json`);
  return {
    name: project,
    command: () => [
      'vitest',
      'run',
      '--project',
      project,
      ...options,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    count: () => {
      const { numPassedTests, numPendingTests, numTotalTests, success } = JSON.parse(readFileSync(file, 'utf8'));
      // A suite that broke before its first test has no failed test, and is a failure all the same.
      const failed = Math.max(numTotalTests - numPassedTests - numPendingTests, success ? 0 : 1);
      return { passed: numPassedTests, failed, skipped: numPendingTests };
    },
  };
}

function pytest(name: string, environment: string, requirements: string, folder: string): Check {
  const file = join(results, `${name}.xml`);
  return {
    name,
    folder: join(root, folder),
    command: async () => {
      const { python } = await pythonEnvironment({ name: environment, requirements: join(root, requirements), root, say: console.log });
      return [python, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${file}`, 'tests'];
    },
    count: () => {
      const suite = /<testsuite [^>]*>/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
      const number = (key: string) => Number(new RegExp(`${key}="(\\d+)"`).exec(suite)?.[1] ?? 0);
      const failed = number('errors') + number('failures');
      return { passed: number('tests') - failed - number('skipped'), failed };
    },
  };
}

async function main(names: readonly string[]): Promise<number> {
  const groups = CHECKS.map((entry) => [entry].flat());
  const known = groups.flat().map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`No such check: ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
    return 2;
  }
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const lines: string[] = [];
  const broken: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const group of groups) {
    const [first, ...others] = group.filter(({ name }) => names.length === 0 || names.includes(name));
    if (!first) continue;
    console.log(title(first, others));
    const beside = others.map((check) => {
      const log = join(results, `${check.name}.log`);
      return { check, log, running: perform(check, log) };
    });
    const done = [{ check: first, ...(await perform(first)) }];
    for (const { check, log, running } of beside) {
      done.push({ check, ...(await running) });
      console.log(`${title(check)}\n${readFileSync(log, 'utf8')}`);
    }
    for (const { check, tally, seconds } of done) {
      passed += tally.passed;
      failed += tally.failed;
      if (tally.failed > 0) broken.push(...failedTests(reportOf(check)).map((test) => `${check.name}: ${test}`));
      const skipped = tally.skipped ? `, ${tally.skipped} skipped` : '';
      lines.push(
        `${tally.failed === 0 ? 'ok    ' : 'FAILED'} ${check.name.padEnd(10)} ${String(tally.passed).padStart(5)} passed ${seconds.toFixed(1).padStart(7)} s${skipped}`,
      );
    }
  }
  if (broken.length > 0) console.log(`\n${broken.join('\n')}`);
  console.log(`\n${lines.join('\n')}\n`);
  if (names.length === 0) console.log(`${await reliabilityTable()}\n`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function title({ name }: Check, beside: readonly Check[] = []): string {
  const said = beside.length === 0 ? name : `${name} (beside ${beside.map((check) => check.name).join(', ')})`;
  return `\n── ${said} ${'─'.repeat(Math.max(3, 90 - said.length))}`;
}

interface Performed {
  readonly tally: Tally;
  readonly seconds: number;
}

/** @param log a file for what it prints. @default it is shown */
async function perform(check: Check, log?: string): Promise<Performed> {
  const startedAt = Date.now();
  const code = await run(await check.command(), check.folder ?? root, log);
  return { tally: settle(check, code), seconds: (Date.now() - startedAt) / 1000 };
}

/** Which tests passed, by their runner; undefined of a check that has none, or broke off before it was written. */
function reportOf({ name }: Check): string | undefined {
  return ['json', 'xml'].map((kind) => join(results, `${name}.${kind}`)).find((file) => existsSync(file));
}

function settle(check: Check, code: number): Tally {
  const counted = check.count && reportOf(check) !== undefined ? check.count() : undefined;
  if (counted) {
    const failed = counted.failed + (check.maySkip ? 0 : (counted.skipped ?? 0));
    return { ...counted, failed: code === 0 ? failed : Math.max(failed, 1) };
  }
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function run([command = '', ...args]: readonly string[], cwd: string, log?: string): Promise<number> {
  return new Promise((resolve) => {
    const to = log === undefined ? 'inherit' : openSync(log, 'w');
    const child = spawn(command, args, { cwd, stdio: ['ignore', to, to], env: { ...process.env, CI: 'true', FORCE_COLOR: '0' } });
    const done = (code: number) => {
      if (to !== 'inherit') closeSync(to);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}

process.exitCode = await main(process.argv.slice(2));
