import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import type { Part, PartProfile } from '#core/data/index.ts';
import type { ChampionComparison, Estimate } from '#core/evaluation/index.ts';
import type { Context } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';

/** What each step leaves for the ones after it: pointers and a few numbers. */
export interface StepOutputs {
  readonly validate: {
    readonly verdict: 'passed';
    readonly rows: number;
    readonly kept: number;
    readonly quarantined: number;
    readonly filtered: number;
    readonly duplicates: number;
    readonly reportKey: string;
    readonly quarantineKey: string | null;
  };
  readonly split: {
    readonly parts: Readonly<Record<Part, PartProfile & { readonly key: string; readonly sha256: string; readonly bytes: number }>>;
    readonly boundaries: readonly [string, string] | null;
    /** Only where the pipeline bounds what trains. */
    readonly trainFrom?: string;
  };
  readonly train: {
    readonly runId: string;
    readonly job: string;
    readonly artifacts: Readonly<Record<'model' | 'signature' | 'profile' | 'training', Artifact | null>> & {
      readonly model: Artifact;
      readonly signature: Artifact;
    };
    readonly metrics: Readonly<Record<string, number>>;
    /** `waiting`: before a machine was free for the job. */
    readonly seconds: { readonly training: number | null; readonly billable: number | null; readonly waiting: number | null };
  };
  readonly evaluate: {
    readonly evaluation: string;
    readonly reportKey: string;
    readonly metrics: Readonly<Record<string, Estimate>>;
    readonly champion: ChampionComparison | null;
  };
  readonly gates: { readonly passed: boolean; readonly failures: readonly string[] };
  readonly register: { readonly model: string; readonly version: number; readonly versionId: string };
}

export interface Artifact {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What an earlier step of the execution left; the machine orders the steps, so its absence is a defect. */
export async function outputOf<Name extends keyof StepOutputs>(
  plane: Pick<ControlPlane, 'read'>,
  ctx: Context,
  execution: Execution,
  step: Name,
): Promise<StepOutputs[Name]> {
  const output = await plane.read(ctx, (tx) => tx.steps.outputOf(execution.id, step));
  if (!output) throw new Error(`the step ${step} of execution ${execution.id} has no output yet`);
  return output as unknown as StepOutputs[Name];
}
