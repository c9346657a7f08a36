import { type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Answers findings of cdk-nag where they stand, each with the reason why it is right here. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/** The finding about one wildcard of a policy: `Action::s3:*` or `Resource::…/*`, in cdk-nag's spelling. */
export function wildcard(finding: string): string {
  return `AwsSolutions-IAM5[${finding}]`;
}

/** cdk-nag's spelling of "this function, in any version", which `grantInvoke` gives. */
export function anyVersionOf(fn: IConstruct): string {
  const stack = Stack.of(fn);
  return wildcard(`Resource::<${stack.resolve(stack.getLogicalId(fn.node.defaultChild as CfnElement))}.Arn>:*`);
}
