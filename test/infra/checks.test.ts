import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { ROOT, STAGES, synthesized } from './synth.ts';

describe('cdk-nag', () => {
  it.each(STAGES)('finds nothing unanswered in %s', (stage) => {
    const { app } = synthesized(stage);
    const { violations } = new AwsSolutionsChecks(app, { verbose: true }).validateScope(app);
    expect(
      violations.map(({ ruleName, violatingResources }) => `${ruleName} ${violatingResources.map((each) => each.constructPath).join(' ')}`),
    ).toEqual([]);
  });
});

/** What cfn-lint says of every CDK template, or of things it does not know yet. */
const EXPECTED = [
  { rule: 'W3005', message: /dependency already enforced/, reason: 'the CDK writes dependencies out, also those that a reference implies' },
  {
    rule: 'E3601',
    message: /is not of type 'number' at 'States\/\w+\/TimeoutSeconds'/,
    reason: 'in JSONata a timeout may be an expression',
  },
];

describe('cfn-lint', () => {
  it.each(STAGES)('accepts the templates of %s', (stage) => {
    const { outdir } = synthesized(stage);
    const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
    expect(templates.length).toBe(7);
    const unexpected = lint(templates.map((name) => join(outdir, name))).filter(
      (finding) => !EXPECTED.some(({ rule, message }) => finding.rule === rule && message.test(finding.message)),
    );
    expect(unexpected).toEqual([]);
  });
});

function lint(files: readonly string[]): { rule: string; message: string; where: string }[] {
  const command = join(ROOT, '.sluice', 'venvs', 'region', 'bin', 'cfn-lint');
  if (!existsSync(command)) throw new Error(`${command} is missing. Run npm test, which sets it up, or npm run region -- up.`);
  const report: { Rule: { Id: string }; Message: string; Location: { Path: unknown[] } }[] = JSON.parse(
    run(command, ['--format', 'json', ...files]),
  );
  return report.map(({ Rule, Message, Location }) => ({ rule: Rule.Id, message: Message, where: Location.Path?.join('/') ?? '' }));
}

/** cfn-lint's exit code counts its findings, which are ours to judge. */
function run(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout.startsWith('['))
      return error.stdout;
    throw error;
  }
}
