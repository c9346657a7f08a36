import { afterAll, describe, expect, it } from 'vitest';
import { keepFigures } from '../support/figures.ts';
import { type LintFinding, linted } from './cfn-lint.ts';
import { findings, PACK_NAMES } from './nag.ts';
import { STAGES } from './synth.ts';
import { wildcards, withoutReason } from './wildcards.ts';

const said: LintFinding[] = [];

describe('cfn-lint', () => {
  it.each(STAGES)('has nothing to say of the templates of %s', (stage) => {
    const { exitCode, templates, findings } = linted(stage);
    said.push(...findings);
    expect([templates, findings, exitCode]).toEqual([7, [], 0]);
  });

  it('would have of what tells it to be silent only this', () => {
    const { findings } = linted('dev', ['--mandatory-checks', 'E3601', 'E3620']);
    const kinds = new Set(findings.map(({ rule, message }) => `${rule} ${message.replace(/'\{%.*?%\}'|States\/\w+|\[.*\]/g, '…')}`));
    expect([...kinds].sort()).toEqual([
      "E3601 … is not of type 'number' at '…/TimeoutSeconds'",
      "E3620 'db.serverless' is not one of … in 'us-east-1'",
    ]);
  });
});

afterAll(() => {
  const sum = (count: (stage: (typeof STAGES)[number]) => number) => STAGES.reduce((total, stage) => total + count(stage), 0);
  const open = sum((stage) => findings(stage, { answered: false }).length);
  const levels = (level: string) => said.filter((each) => each.level === level).length;
  return keepFigures('aws-checks', {
    stages: STAGES.join(', '),
    nagPacks: PACK_NAMES.join(', '),
    nagUnsuppressed: open,
    nagSuppressions: sum((stage) => findings(stage, { answered: true }).length) - open,
    cfnLintErrors: levels('Error'),
    cfnLintWarnings: levels('Warning'),
    wildcards: sum((stage) => wildcards(stage).length),
    wildcardsWithoutReason: sum(withoutReason),
  });
});
