import { describe, expect, it } from 'vitest';
import { linted } from './cfn-lint.ts';
import { STAGES } from './synth.ts';

describe('cfn-lint', () => {
  it.each(STAGES)('has nothing to say of the templates of %s', (stage) => {
    const { exitCode, templates, findings } = linted(stage);
    expect([templates, findings, exitCode]).toEqual([7, [], 0]);
  });

  it('would have of what tells it to be silent only this', () => {
    const { findings } = linted('dev', ['--mandatory-checks', 'E3601', 'E3620']);
    const said = new Set(findings.map(({ rule, message }) => `${rule} ${message.replace(/'\{%.*?%\}'|States\/\w+|\[.*\]/g, '…')}`));
    expect([...said].sort()).toEqual([
      "E3601 … is not of type 'number' at '…/TimeoutSeconds'",
      "E3620 'db.serverless' is not one of … in 'us-east-1'",
    ]);
  });
});
