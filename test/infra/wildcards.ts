import { CfnResource } from 'aws-cdk-lib';
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
