/** Where the control loop is: what one model and its pipeline have come to. */

export interface Execution {
  readonly author: 'ada' | 'system:retraining';
  status: 'queued' | 'running' | 'awaiting_approval' | 'rolling_out' | 'succeeded' | 'refused' | 'rejected' | 'failed' | 'stopped';
  /** Version of the dataset. */
  readonly data: number;
  passed: boolean | null;
  version: number | null;
  approval: 'pending' | 'approved' | 'rejected' | 'expired' | null;
  decidedBy: string | null;
  failure: string | null;
}

export interface Version {
  /** Index into the executions. */
  readonly execution: number;
  stage: 'none' | 'production' | 'archived';
  deployment: 'none' | 'deploying' | 'live' | 'retired' | 'failed';
}

export interface Rollout {
  readonly version: number;
  readonly baseline: number | null;
  readonly execution: number | null;
  status: 'queued' | 'running' | 'paused' | 'succeeded' | 'rolled_back' | 'aborted' | 'failed';
  step: number;
  reason: string | null;
  /** The step's shares are in the routing table. */
  reached: boolean;
  /** It has changed a share. */
  begun: boolean;
  /** What its machine does next. */
  next: 'begin' | 'share' | 'bake' | 'pause' | 'complete' | 'roll_back' | 'end';
}

export interface Loop {
  readonly executions: Execution[];
  readonly versions: Version[];
  readonly rollouts: Rollout[];
  /** What retraining has started: for which cause, and how often a day and an hour passed since. */
  readonly starts: { readonly cause: string; readonly execution: number; age: number }[];
  champion: number | null;
  arms: readonly (readonly [version: number, share: number])[];
  unserved: number;
  data: number;
  /** Bob is a member, and may approve. */
  bob: boolean;
}

export const EMPTY: Loop = {
  executions: [],
  versions: [],
  rollouts: [],
  starts: [],
  champion: null,
  arms: [],
  unserved: 0,
  data: 1,
  bob: true,
};

const OPEN: readonly string[] = ['queued', 'running', 'awaiting_approval', 'rolling_out', 'paused'];
export const isOpen = ({ status }: { readonly status: string }) => OPEN.includes(status);
