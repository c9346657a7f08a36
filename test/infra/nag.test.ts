import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { acknowledgements, answers, findings } from './nag.ts';
import { STAGES, synthesized } from './synth.ts';

describe.each(STAGES)('cdk-nag on %s', (stage) => {
  it('finds nothing that is not answered, by AwsSolutions and Serverless', () =>
    expect(findings(stage, { answered: false }).map(({ rule, path }) => `${rule} ${path}`)).toEqual([]));

  it('is answered with a sentence each, as it is written in infra/', () => {
    const all = acknowledgements(stage);
    expect(all.length).toBeGreaterThan(60);
    for (const { rule, path, reason } of all) expect(reason, `${rule} at ${path}`).toMatch(/^\S.{20,}\.$/s);
  });

  it('is not answered by one reason for two kinds of finding', () => {
    const kinds = new Map<string, Set<string>>();
    for (const { rule, kind, reason } of acknowledgements(stage))
      kinds.set(reason, (kinds.get(reason) ?? new Set()).add(`${kindOf(rule)} at ${kind}`));
    expect([...kinds].filter(([, { size }]) => size > 1).map(([reason, of]) => ({ reason, of: [...of] }))).toEqual([]);
  });
});

describe('answers to cdk-nag', () => {
  it('are all needed: what is said in one place answers a finding at least once, in one of the stages', () => {
    const needed = new Map<string, boolean>();
    for (const stage of STAGES) {
      const found = findings(stage, { answered: true });
      for (const each of acknowledgements(stage)) {
        const said = `${each.rule}: ${each.reason}`;
        needed.set(said, needed.get(said) || found.some((finding) => answers(each, finding)));
      }
    }
    expect([...needed].filter(([, is]) => !is).map(([said]) => said)).toEqual([]);
  });

  it('do not cover what is new: a bucket that anybody adds is found', () => {
    const { app } = synthesized('dev');
    const data = app.node.findChild('Data');
    const added = new Bucket(data, 'Planted');
    try {
      expect(findings('dev', { answered: false }).map(({ path }) => path)).toContain(`${added.node.path}/Resource`);
    } finally {
      data.node.tryRemoveChild('Planted');
    }
  });
});

/** `AwsSolutions-IAM5[Resource::…]` → `AwsSolutions-IAM5[Resource]`: of a kind is what differs by a name only. */
function kindOf(rule: string): string {
  return rule.replace(/\[(\w+)::.*\]$/s, '[$1]');
}
