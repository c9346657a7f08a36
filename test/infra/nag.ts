import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { type Stage, synthesized } from './synth.ts';

/** What a pack found at one construct. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
}

/** An answer to a finding, as it stands in infra/. */
export interface Acknowledgement extends Finding {
  readonly reason: string;
  /** Class of the construct that it stands at. */
  readonly kind: string;
}

const PACKS: readonly (new (scope: IConstruct, props: { readonly verbose: boolean }) => NagPack)[] = [AwsSolutionsChecks, ServerlessChecks];
export const PACK_NAMES = ['AwsSolutions', 'Serverless'];

/** Of all packs. @param answered whether what infra/ acknowledges counts as found all the same */
export function findings(stage: Stage, { answered }: { readonly answered: boolean }): readonly Finding[] {
  const { app } = synthesized(stage);
  return PACKS.flatMap((Pack) => {
    const pack = new Pack(app, { verbose: true });
    if (answered) Object.defineProperty(pack, 'isAcknowledged', { value: () => false });
    return pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, path: constructPath })),
      );
  });
}

/** Those that answer a pack; the library answers findings of its own as well. */
export function acknowledgements(stage: Stage): readonly Acknowledgement[] {
  return synthesized(stage)
    .app.node.findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.entries<string>(data))
        .map(([id, reason]) => ({
          rule: id.replace(/^annotation::/i, ''),
          path: construct.node.path,
          reason,
          kind: construct.constructor.name,
        })),
    )
    .filter(({ rule }) => PACK_NAMES.some((name) => rule.startsWith(`${name}-`)));
}

/** Whether an acknowledgement answers a finding: the rule, at the construct or below it. */
export function answers({ rule, path }: Finding, finding: Finding): boolean {
  return rule === finding.rule && (finding.path === path || finding.path.startsWith(`${path}/`));
}
