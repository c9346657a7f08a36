import { CfnResource } from 'aws-cdk-lib';
import { IMMUTABLE } from '../../infra/constructs/data-bucket.ts';
import { findings } from './nag.ts';
import { type CfnResource as InTemplate, resources, type Stage, synthesized } from './synth.ts';

/** One `*` of one statement. */
export interface Wildcard {
  /** `Stack/LogicalId`. */
  readonly policy: string;
  readonly type: string;
  readonly effect: string;
  readonly part: 'action' | 'resource' | 'principal';
  /** What holds the `*`, as text. */
  readonly text: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
}

/** Every wildcard of every policy of a stage: of identities and resources, ours and the library's, wherever in a template a policy stands. */
export function wildcards(stage: Stage): readonly Wildcard[] {
  return resources(stage).flatMap(([policy, { Type, Properties }]) =>
    statements(Properties).flatMap((statement) => {
      const of = (part: Wildcard['part'], value: unknown) =>
        [value]
          .flat()
          .map((each) => (typeof each === 'string' ? each : JSON.stringify(each ?? '')))
          .filter((text) => text.includes('*'))
          .map((text): Wildcard => ({ policy, type: Type, effect: statement.Effect, part, text }));
      const { Action, NotAction, Resource, NotResource, Principal } = statement;
      return [
        ...of('action', Action),
        ...of('action', NotAction),
        ...of('resource', Resource),
        ...of('resource', NotResource),
        ...of('principal', Principal),
      ];
    }),
  );
}

/** Where the construct tree has a resource of the templates. */
export function pathsOf(stage: Stage): ReadonlyMap<string, string> {
  const made = synthesized(stage)
    .app.node.findAll()
    .filter((each) => CfnResource.isCfnResource(each));
  return new Map(made.map((each) => [`${each.stack.stackName.split('-').at(-1)}/${each.stack.resolve(each.logicalId)}`, each.node.path]));
}

function statements(part: InTemplate['Properties']): readonly Statement[] {
  if (typeof part !== 'object' || part === null) return [];
  const own = Array.isArray(part.Statement) ? part.Statement : [];
  return [...own, ...Object.entries(part).flatMap(([key, value]) => (key === 'Statement' ? [] : statements(value)))];
}

/** The evidence is so as a whole. */
const OF_WRITTEN_ONCE = [...IMMUTABLE, 'tenants/*'];

/** Why a policy of a resource has a wildcard. Those of identities are answered where they are granted, to cdk-nag, which looks at no other. */
export const OF_RESOURCES: readonly { readonly is: (one: Wildcard) => boolean; readonly reason: string }[] = [
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
    is: ({ effect, part, text }) => effect === 'Deny' && part === 'resource' && OF_WRITTEN_ONCE.some((keys) => text.includes(`"/${keys}"`)),
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

export const isOfIdentity = ({ type }: Wildcard) => type.startsWith('AWS::IAM::');

/** Those of resources' policies that no reason covers, and of identities' that cdk-nag found unanswered. */
export function withoutReason(stage: Stage): number {
  const ofResources = wildcards(stage).filter((one) => !isOfIdentity(one) && !OF_RESOURCES.some(({ is }) => is(one)));
  const ofIdentities = findings(stage, { answered: false }).filter(({ rule }) => rule.startsWith('AwsSolutions-IAM5['));
  return ofResources.length + ofIdentities.length;
}
