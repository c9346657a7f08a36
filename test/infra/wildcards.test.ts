import { describe, expect, it } from 'vitest';
import { acknowledgements, answers, findings } from './nag.ts';
import { STAGES } from './synth.ts';
import { pathsOf, type Wildcard, wildcards } from './wildcards.ts';

/** Why a policy of a resource has a wildcard. Those of identities are answered where they are granted, to cdk-nag, which looks at no other. */
const OF_RESOURCES: readonly { readonly is: (one: Wildcard) => boolean; readonly reason: string }[] = [
  {
    is: ({ effect, part }) => effect === 'Deny' && part === 'principal',
    reason: 'A refusal is for everybody.',
  },
  {
    is: ({ effect, part, text }) => effect === 'Deny' && part === 'action' && /^(s3|sqs):\*$/.test(text),
    reason: 'Nothing at all may be done without TLS.',
  },
  {
    is: ({ effect, part, text, type }) =>
      effect === 'Deny' && part === 'resource' && type === 'AWS::S3::BucketPolicy' && /"\/\*"\]\]\}$/.test(text),
    reason: 'No object may be reached without TLS.',
  },
  {
    is: ({ effect, part, text }) =>
      effect === 'Deny' && part === 'resource' && /"\/tenants\/\*(\/(datasets|sources|artifacts)\/\*)?"/.test(text),
    reason: 'What is written once is so for every tenant, whatever its key is.',
  },
  {
    is: ({ effect, part, text, policy }) =>
      effect === 'Allow' && part === 'resource' && policy.startsWith('Data/DataAccessLogs') && /"\/(evidence\/)?\*"/.test(text),
    reason: "S3's log delivery chooses the keys of access logs; the statement names the service and the bucket that is logged.",
  },
  {
    is: ({ effect, part, text }) => effect === 'Allow' && part === 'action' && /^s3:(GetBucket|List|DeleteObject)\*$/.test(text),
    reason:
      'The library’s function that empties a bucket before it is deleted, in stages that keep nothing: its role alone, that bucket alone.',
  },
  {
    is: ({ effect, part, text, policy }) =>
      effect === 'Allow' && part === 'resource' && /^Data\/(Data|Evidence)BucketPolicy/.test(policy) && /"\/\*"/.test(text),
    reason: 'The same function: a bucket is empty when every object is gone.',
  },
];

const isOfIdentity = ({ type }: Wildcard) => type.startsWith('AWS::IAM::');

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
