import type { RetrainingPolicy } from './policy.ts';

export const REFUSALS = [
  'no_policy',
  'pipeline_missing',
  'pipeline_invalid',
  'duplicate_cause',
  'cooldown',
  'budget',
  'no_newer_data',
  'execution_running',
  'machine_failed',
] as const;
export const RETRAINING_REASONS = ['drift', ...REFUSALS] as const;
export type RetrainingReason = (typeof RETRAINING_REASONS)[number];

export interface Decision {
  readonly decision: 'start' | 'refuse';
  readonly reason: RetrainingReason;
  /** A `sentence` for people, and the facts it was made of. Plain JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** An execution that this monitor's drift started. */
export interface PastStart {
  readonly retraining: string;
  readonly cause: string;
  readonly execution: string;
  readonly decidedAt: Date;
  /** It has not ended: a person may still have to approve it, or a rollout is under way. */
  readonly open: boolean;
}

export interface RetrainingQuestion {
  readonly cause: string;
  readonly now: Date;
  readonly policy: RetrainingPolicy | null;
  /** What this monitor has started before, in any order. A refusal is never among them: "no" does not stand in the way of a later "yes". */
  readonly history: readonly PastStart[];
  /** Undefined when the policy names none that exists. */
  readonly pipeline?:
    | {
        readonly dataset: string;
        /** Newest version of that dataset; undefined when it has none. */
        readonly newestData?: number | undefined;
        /** An execution of it that has not ended. */
        readonly running?: string | undefined;
        /** Why it would not be accepted as it is. */
        readonly invalid?: string | undefined;
        /** The version that its alias points at, and what it learned from; undefined before the first. */
        readonly champion?:
          | { readonly version: number; readonly dataset: string | null; readonly datasetVersion: number | null }
          | undefined;
      }
    | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Whether drift starts a retraining. Asked in this order, and the first "no" is the answer: is there a policy, is there a pipeline to
 * start, is a retraining of this very cause under way or too young, is the budget spent, is there anything new to learn from, and is
 * the pipeline free. Pure; every question gets one answer with its reason.
 */
export function decideRetraining({ cause, now, policy, history, pipeline }: RetrainingQuestion): Decision {
  if (!policy) return refuse('no_policy', 'the monitor has no retraining policy');
  const { pipeline: name, cooldownHours, budget } = policy;
  if (!pipeline) return refuse('pipeline_missing', `there is no pipeline ${name}`, { pipeline: name });
  if (pipeline.invalid !== undefined) return refuse('pipeline_invalid', `pipeline ${name}: ${pipeline.invalid}`, { pipeline: name });

  const age = (start: PastStart) => now.getTime() - start.decidedAt.getTime();
  const same = history.filter((start) => start.cause === cause);
  const open = same.find((start) => start.open);
  if (open) {
    return refuse('duplicate_cause', `the same cause started execution ${open.execution}, which has not ended`, {
      retraining: open.retraining,
      execution: open.execution,
    });
  }
  const young = newest(same.filter((start) => age(start) < cooldownHours * HOUR_MS));
  if (young) {
    const until = new Date(young.decidedAt.getTime() + cooldownHours * HOUR_MS).toISOString();
    return refuse('cooldown', `the same cause started execution ${young.execution} less than ${cooldownHours} hours ago`, {
      retraining: young.retraining,
      execution: young.execution,
      until,
    });
  }
  const spent = history.filter((start) => age(start) < budget.days * DAY_MS).length;
  if (spent >= budget.executions) {
    return refuse('budget', `${spent} of ${budget.executions} executions in ${budget.days} days are spent`, { spent, budget });
  }

  const { dataset, newestData, champion, running } = pipeline;
  const data = { dataset, newestData: newestData ?? null, champion: champion ?? null };
  if (newestData === undefined) return refuse('no_newer_data', `dataset ${dataset} has no version`, data);
  // A champion of another dataset, or of none that is known, has surely not seen this one.
  const seen = champion && champion.dataset === dataset ? champion.datasetVersion : null;
  if (champion && seen !== null && newestData <= seen) {
    return refuse(
      'no_newer_data',
      `version ${champion.version} was trained on version ${seen} of ${dataset}, and there is no newer one`,
      data,
    );
  }
  if (running !== undefined)
    return refuse('execution_running', `pipeline ${name} is at work on execution ${running}`, { execution: running });
  const learned = seen === null ? '' : `, newer than version ${seen} that version ${champion?.version} learned from`;
  return {
    decision: 'start',
    reason: 'drift',
    details: {
      sentence: `pipeline ${name} starts on version ${newestData} of ${dataset}${learned}`,
      pipeline: name,
      ...data,
      spent: spent + 1,
      budget,
    },
  };
}

function refuse(reason: (typeof REFUSALS)[number], sentence: string, facts: Readonly<Record<string, unknown>> = {}): Decision {
  return { decision: 'refuse', reason, details: { sentence, ...facts } };
}

function newest(starts: readonly PastStart[]): PastStart | undefined {
  return starts.reduce<PastStart | undefined>((best, start) => (best && best.decidedAt >= start.decidedAt ? best : start), undefined);
}
