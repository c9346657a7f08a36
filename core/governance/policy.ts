import type { Role } from '#core/kernel/index.ts';
import type { Retention } from './retention.ts';

/** Which models a rule is about, and in which environments of their pipelines. */
export interface Scope {
  /** A model's name, in which "*" stands for any run of characters. */
  readonly models: string;
  /** All of them unless said; null is the pipeline where no environment is named. */
  readonly environments?: readonly (string | null)[] | undefined;
}

/** Who agrees to a version. Of several rules that fit, the first in the list decides. */
export interface ApprovalRule extends Scope {
  /** Somebody has to agree, also where the pipeline asks nobody. */
  readonly required?: boolean | undefined;
  /** Beside the right to decide at all: only who is named here, or has one of these roles too. Everybody with the right unless said. */
  readonly deciders?: { readonly principals?: readonly string[] | undefined; readonly roles?: readonly Role[] | undefined } | undefined;
  /** Nobody is waited for longer, also where the pipeline would. */
  readonly longestHours?: number | undefined;
}

/** A gate that a pipeline must have. At most one of `atLeast`, `atMost` and `noWorseThan`; with none of them any gate on the metric will do. */
export interface GateRule extends Scope {
  readonly metric: string;
  /** The pipeline's gate asks so much or more. */
  readonly atLeast?: number | undefined;
  /** The pipeline's gate allows so much or less. */
  readonly atMost?: number | undefined;
  readonly noWorseThan?: 'champion' | undefined;
  /** Of `noWorseThan`: the pipeline's gate allows so much or less, 0 unless said. */
  readonly margin?: number | undefined;
}

/** What a tenant demands of everything that goes live, whatever its pipelines say, and how long it keeps what came of it. */
export interface PolicyRules {
  readonly approvals: readonly ApprovalRule[];
  readonly gates: readonly GateRule[];
  readonly retention?: Retention | undefined;
}

export interface Policy {
  /** 0 is the built-in one. */
  readonly version: number;
  readonly rules: PolicyRules;
  readonly comment: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** Of a tenant that has made none: pipelines say what they need, and every approver but the author may decide. */
export const BUILT_IN: Policy = {
  version: 0,
  rules: { approvals: [], gates: [] },
  comment: 'Built in: pipelines say which gates they have and whether somebody must agree.',
  createdBy: 'system:sluice',
  createdAt: new Date(0),
};

export function fits({ models, environments }: Scope, model: string, environment: string | null): boolean {
  return matches(models, model) && (environments?.includes(environment) ?? true);
}

/** Each part between two stars is taken where it comes first, the last one at the end: linear, whatever the pattern. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
