import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type Stage, synthesized } from './synth.ts';

export interface LintFinding {
  readonly rule: string;
  readonly level: string;
  readonly message: string;
  readonly where: string;
}

export interface Linted {
  readonly exitCode: number | null;
  readonly templates: number;
  readonly findings: readonly LintFinding[];
}

/** cfn-lint's own run over every template of a stage. @param args more of its options */
export function linted(stage: Stage, args: readonly string[] = []): Linted {
  const command = join(ROOT, '.sluice', 'venvs', 'region', 'bin', 'cfn-lint');
  if (!existsSync(command)) throw new Error(`${command} is missing. Run npm test, which sets it up, or npm run region -- up.`);
  const { outdir } = synthesized(stage);
  const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
  const files = templates.map((name) => join(outdir, name));
  const { status, stdout, stderr } = spawnSync(command, ['--format', 'json', ...args, '--template', ...files], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (!stdout.startsWith('[')) throw new Error(`cfn-lint said: ${stdout}${stderr}`);
  const report: { Rule: { Id: string }; Level: string; Message: string; Location: { Path: unknown[] } }[] = JSON.parse(stdout);
  const findings = report.map(({ Rule, Level, Message, Location }) => ({
    rule: Rule.Id,
    level: Level,
    message: Message,
    where: Location.Path?.join('/') ?? '',
  }));
  return { exitCode: status, templates: templates.length, findings };
}
