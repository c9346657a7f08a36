import { isOpen, type Loop } from './loop.ts';

/** What anybody can see of the loop, in the model as in the stores. */
export type Seen = Omit<Loop, 'rollouts' | 'starts' | 'bob'> & {
  readonly rollouts: readonly Omit<Loop['rollouts'][number], 'reached' | 'begun' | 'next'>[];
  readonly starts: readonly { readonly cause: string; readonly execution: number }[];
  readonly bob: boolean;
};

export function seenOf({ rollouts, starts, ...loop }: Loop): Seen {
  return {
    ...loop,
    rollouts: rollouts.map(({ reached: _, begun: __, next: ___, ...rollout }) => rollout),
    starts: starts.map(({ cause, execution }) => ({ cause, execution })),
  };
}

/** What must hold whenever nobody is in the middle of something, and what must never change from one moment to the next. */
const ALWAYS: Readonly<Record<string, (now: Seen, before: Seen) => boolean>> = {
  'a model has one open rollout at most': ({ rollouts }) => rollouts.filter(isOpen).length <= 1,
  'a pipeline has one open execution at most': ({ executions }) => executions.filter(isOpen).length <= 1,
  'the champion passed its gates and somebody else approved it': ({ champion, versions, executions }) => {
    if (champion === null) return true;
    const made = executions[versions[champion - 1]?.execution ?? -1];
    return made?.passed === true && made.approval === 'approved' && made.decidedBy !== null && made.decidedBy !== made.author;
  },
  'the champion is the live version, and there is no other': ({ champion, versions }) =>
    versions.every(({ deployment }, index) => (deployment === 'live') === (champion === index + 1)),
  'an approval is decided once': ({ executions }, before) =>
    before.executions.every(({ approval, decidedBy }, index) => {
      const now = executions[index];
      return approval === null || approval === 'pending' || (now?.approval === approval && now.decidedBy === decidedBy);
    }),
  'an approval is decided by a person who is not the author': ({ executions }) =>
    executions.every(({ approval, decidedBy, author }) =>
      approval === 'approved' || approval === 'rejected'
        ? (decidedBy === 'ada' || decidedBy === 'bob') && decidedBy !== author
        : decidedBy === null,
    ),
  'no retraining starts while one of its cause is open': ({ starts, executions }) =>
    new Set(starts.filter(({ execution }) => isOpen(executions[execution] ?? { status: 'gone' })).map(({ cause }) => cause)).size ===
    starts.filter(({ execution }) => isOpen(executions[execution] ?? { status: 'gone' })).length,
  'retraining keeps to its budget': ({ starts }) => starts.length <= 2,
  'shares are 1 together, or nobody serves': ({ arms, unserved }) =>
    arms.length === 0 ? unserved === 0 : Math.abs(arms.reduce((sum, [, share]) => sum + share, unserved) - 1) < 1e-9,
  'whoever serves is live or on the way': ({ arms, versions }) =>
    arms.every(([version, share]) => share === 0 || ['live', 'deploying'].includes(versions[version - 1]?.deployment ?? '')),
  'what is live serves': ({ arms, champion }) => champion === null || arms.some(([version]) => version === champion),
  'what ended without success has its reason': ({ executions, rollouts }) =>
    executions.every((one) => isOpen(one) || (one.failure !== null) === (one.status !== 'succeeded')) &&
    rollouts.every((one) => isOpen(one) || (one.reason !== null) === (one.status !== 'succeeded')),
  'no rollout breaks by itself': ({ rollouts }) => rollouts.every(({ status }) => status !== 'failed'),
  'what has ended stays as it ended': ({ executions, rollouts }, before) =>
    before.executions.every((one, index) => isOpen(one) || executions[index]?.status === one.status) &&
    before.rollouts.every((one, index) => isOpen(one) || rollouts[index]?.status === one.status),
  'nothing is deleted': ({ executions, rollouts, versions }, before) =>
    executions.length >= before.executions.length && rollouts.length >= before.rollouts.length && versions.length >= before.versions.length,
};

/** The names of the invariants that do not hold. */
export function broken(now: Seen, before: Seen): readonly string[] {
  return Object.keys(ALWAYS).filter((name) => !ALWAYS[name]?.(now, before));
}
