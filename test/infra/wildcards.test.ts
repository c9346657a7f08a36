import { describe, expect, it } from 'vitest';
import { acknowledgements, answers, findings } from './nag.ts';
import { STAGES } from './synth.ts';
import { isOfIdentity, OF_RESOURCES, pathsOf, wildcards } from './wildcards.ts';

describe.each(STAGES)('the wildcards of %s', (stage) => {
  const all = wildcards(stage);
  const [ofIdentities, ofResources] = [all.filter(isOfIdentity), all.filter((one) => !isOfIdentity(one))];

  it('in policies of resources have one reason each', () => {
    expect(ofResources.length).toBeGreaterThan(40);
    for (const one of ofResources)
      expect(
        OF_RESOURCES.filter(({ is }) => is(one)).map(({ reason }) => reason),
        JSON.stringify(one),
      ).toHaveLength(1);
  });

  it('in policies of identities are all seen by cdk-nag and answered where they are granted', () => {
    const paths = pathsOf(stage);
    const seen = findings(stage, { answered: true }).filter(({ rule }) => rule.startsWith('AwsSolutions-IAM5['));
    const answered = acknowledgements(stage);
    expect(ofIdentities.length).toBeGreaterThan(50);
    for (const [policy, ones] of Map.groupBy(ofIdentities, (one) => one.policy)) {
      const path = paths.get(policy);
      const found = seen.filter((finding) => finding.path === path);
      expect(ones.filter(({ effect }) => effect !== 'Allow')).toEqual([]);
      expect(found.length, policy).toBe(new Set(ones.map(({ part, text }) => `${part} ${text}`)).size);
      for (const finding of found) expect(answered.filter((each) => answers(each, finding)).length, finding.rule).toBe(1);
    }
  });
});

it('no reason for a wildcard of a resource is left over', () => {
  const all = STAGES.flatMap((stage) => wildcards(stage)).filter((one) => !isOfIdentity(one));
  expect(OF_RESOURCES.filter(({ is }) => !all.some(is)).map(({ reason }) => reason)).toEqual([]);
});
