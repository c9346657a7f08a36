import { type Execution, isOpen, type Loop, type Rollout, type Version } from './loop.ts';

/**
 * The control loop as it is meant: rollouts × retraining × approval × what ends early, of one model and its pipeline. Written down from
 * the rules, not from the code: it shares nothing with `core`, so that the two can be held against each other.
 */

export type Command =
  | { readonly do: 'start' | 'ask' | 'answer' | 'expire' | 'stop' | 'pause' | 'resume' | 'abort' | 'wait' | 'new data' }
  | { readonly do: 'add bob' | 'remove bob' | 'remove the last admin' }
  | { readonly do: 'evaluate'; readonly passed: boolean }
  | { readonly do: 'decide'; readonly by: 'ada' | 'bob' | 'robot'; readonly decision: 'approved' | 'rejected' }
  | { readonly do: 'roll out'; readonly version: number }
  | { readonly do: 'machine'; readonly verdict: 'advance' | 'wait' | 'roll_back' }
  | { readonly do: 'drift'; readonly cause: 'a' | 'b' };

export const STEPS: readonly number[] = [0.5, 1];
const COOLDOWN_AGE = 1;
const BUDGET = 2;

/** Everything that somebody or some machine may try now; what is refused is tried too. */
export function commands(loop: Loop): readonly Command[] {
  const all: Command[] = [
    { do: 'start' },
    ...(['a', 'b'] as const).map((cause): Command => ({ do: 'drift', cause })),
    { do: 'wait' },
    { do: 'new data' },
    { do: loop.bob ? 'remove bob' : 'add bob' },
    { do: 'remove the last admin' },
  ];
  const execution = loop.executions.find(isOpen);
  if (execution?.status === 'queued') all.push({ do: 'evaluate', passed: true }, { do: 'evaluate', passed: false });
  if (execution?.status === 'running') all.push({ do: 'ask' });
  if (execution?.status === 'awaiting_approval') all.push(execution.approval === 'pending' ? { do: 'expire' } : { do: 'answer' });
  const waitsFor = loop.rollouts.find((rollout) => execution && rollout.execution === loop.executions.indexOf(execution));
  if (execution?.status === 'rolling_out' && waitsFor && !isOpen(waitsFor)) all.push({ do: 'answer' });
  if (execution) all.push({ do: 'stop' });
  if (loop.executions.some(({ approval }) => approval !== null))
    for (const by of ['ada', 'bob', 'robot'] as const)
      for (const decision of ['approved', 'rejected'] as const) all.push({ do: 'decide', by, decision });
  for (const index of loop.versions.keys()) all.push({ do: 'roll out', version: index + 1 });
  const rollout = loop.rollouts.at(-1);
  if (rollout) all.push({ do: 'pause' }, { do: 'resume' }, { do: 'abort' });
  if (rollout && isOpen(rollout)) {
    const judged = rollout.next === 'bake' && !demanded(rollout) && rollout.reached;
    for (const verdict of judged ? (['advance', 'wait', 'roll_back'] as const) : (['wait'] as const)) all.push({ do: 'machine', verdict });
  }
  return all;
}

/** What becomes of the loop, and what whoever asked is told: `ok`, or the code of a refusal. */
export function apply(before: Loop, command: Command): { readonly loop: Loop; readonly told: string } {
  const loop = copyOf(before);
  const told = perform(loop, command);
  return { loop, told };
}

/** By hand, because millions are made. */
function copyOf({ executions, versions, rollouts, starts, ...loop }: Loop): Loop {
  const each = <One extends object>(ones: readonly One[]) => ones.map((one) => ({ ...one }));
  return { ...loop, executions: each(executions), versions: each(versions), rollouts: each(rollouts), starts: each(starts) };
}

function perform(loop: Loop, command: Command): string {
  const open = loop.executions.find(isOpen);
  switch (command.do) {
    case 'start':
      if (open) return 'execution_running';
      begin(loop, 'ada');
      return 'ok';
    case 'evaluate':
      if (!open) return 'none';
      open.passed = command.passed;
      if (!command.passed) return ended(open, 'refused', 'gate_failed');
      loop.versions.push({ execution: loop.executions.indexOf(open), stage: 'none', deployment: 'none' });
      open.version = loop.versions.length;
      open.status = 'running';
      return 'ok';
    case 'ask':
      if (!open) return 'none';
      open.approval = 'pending';
      open.status = 'awaiting_approval';
      return 'ok';
    case 'decide':
      return decide(loop, command.by, command.decision);
    case 'answer':
      return open ? answer(loop, open) : 'none';
    case 'expire':
      if (!open) return 'none';
      open.approval = 'expired';
      return ended(open, 'refused', 'approval_expired');
    case 'stop':
      return open ? stop(loop, open) : 'none';
    case 'roll out':
      return rollOut(loop, command.version);
    case 'machine':
      return turn(loop, command.verdict);
    case 'pause':
    case 'resume':
    case 'abort':
      return signal(loop.rollouts.at(-1), command.do);
    case 'drift':
      return drift(loop, command.cause);
    case 'wait':
      for (const start of loop.starts) start.age += 1;
      return 'ok';
    case 'new data':
      loop.data += 1;
      return 'ok';
    case 'add bob':
    case 'remove bob':
      loop.bob = command.do === 'add bob';
      return 'ok';
    case 'remove the last admin':
      return 'last_admin';
  }
}

function begin(loop: Loop, author: Execution['author']): void {
  const nothing = { passed: null, version: null, approval: null, decidedBy: null, failure: null };
  loop.executions.push({ author, status: 'queued', data: loop.data, ...nothing });
}

function ended(execution: Execution, status: Execution['status'], failure: string): string {
  execution.status = status;
  execution.failure = failure;
  return 'ok';
}

function decide(loop: Loop, by: string, decision: 'approved' | 'rejected'): string {
  const asked = loop.executions.findLast(({ approval }) => approval !== null);
  if (!asked) return 'none';
  if (by === 'bob' && !loop.bob) return 'permission_missing';
  if (by === 'robot') return 'approval_needs_a_user';
  if (by === asked.author) return 'approval_by_author';
  if (asked.approval !== 'pending') return 'approval_decided';
  asked.approval = decision;
  asked.decidedBy = by;
  return 'ok';
}

/** The execution's machine hears what it waited for: the decision, or the end of its rollout. */
function answer(loop: Loop, execution: Execution): string {
  const index = loop.executions.indexOf(execution);
  if (execution.status === 'rolling_out') {
    const failed = loop.rollouts.find((rollout) => rollout.execution === index)?.status === 'failed';
    return ended(execution, failed ? 'failed' : 'refused', failed ? 'rollout_failed' : 'rollout_rolled_back');
  }
  if (execution.approval === 'rejected') return ended(execution, 'rejected', 'approval_rejected');
  const version = execution.version ?? 0;
  if (loop.versions[version - 1]?.deployment === 'live') return ended(execution, 'refused', 'version_already_live');
  if (loop.rollouts.some(isOpen)) return ended(execution, 'refused', 'rollout_running');
  order(loop, version, index);
  execution.status = 'rolling_out';
  return 'ok';
}

function stop(loop: Loop, execution: Execution): string {
  const rollout = loop.rollouts.find((one) => one.execution === loop.executions.indexOf(execution));
  if (rollout && isOpen(rollout)) rollout.reason ??= 'execution_ended';
  if (execution.approval === 'pending') execution.approval = 'expired';
  return ended(execution, 'stopped', 'execution_stopped');
}

function rollOut(loop: Loop, number: number): string {
  const version = loop.versions[number - 1] as Version;
  if (loop.rollouts.some(isOpen)) return 'rollout_running';
  if (version.deployment === 'live') return 'version_already_live';
  if (version.stage === 'none' && loop.executions[version.execution]?.approval !== 'approved') return 'version_not_approved';
  order(loop, number, null);
  return 'ok';
}

function order(loop: Loop, version: number, execution: number | null): void {
  const live = loop.versions.findIndex(({ deployment }) => deployment === 'live');
  const from = { status: 'queued', step: 0, reason: null, reached: false, begun: false, next: 'begin' } as const;
  loop.rollouts.push({ version, baseline: live === -1 ? null : live + 1, execution, ...from });
}

function demanded({ status, reason }: Rollout): 'roll_back' | 'pause' | undefined {
  if (reason) return 'roll_back';
  return status === 'paused' ? 'pause' : undefined;
}

/** The rollout's machine does what is next, unless somebody demands something else meanwhile. */
function turn(loop: Loop, verdict: 'advance' | 'wait' | 'roll_back'): string {
  const rollout = loop.rollouts.find(isOpen);
  if (!rollout) return 'none';
  if (rollout.next === 'roll_back') return rollBack(loop, rollout);
  const instead = demanded(rollout);
  if (instead) {
    rollout.next = instead;
    return 'ok';
  }
  const version = loop.versions[rollout.version - 1] as Version;
  if (rollout.next === 'begin') {
    rollout.status = 'running';
    version.deployment = 'deploying';
    rollout.next = 'share';
  } else if (rollout.next === 'share') {
    const share = STEPS[rollout.step] ?? 1;
    loop.arms = [...(rollout.baseline === null ? [] : [[rollout.baseline, 1 - share] as const]), [rollout.version, share]];
    loop.unserved = rollout.baseline === null ? 1 - share : 0;
    Object.assign(rollout, { begun: true, reached: true, next: 'bake' });
  } else if (rollout.next === 'complete') {
    complete(loop, rollout);
  } else if (!rollout.reached) {
    rollout.next = 'share';
  } else {
    judged(rollout, verdict);
  }
  return 'ok';
}

function judged(rollout: Rollout, verdict: 'advance' | 'wait' | 'roll_back'): void {
  if (verdict === 'wait') rollout.next = 'bake';
  else if (verdict === 'roll_back') Object.assign(rollout, { reason: 'judged', next: 'roll_back' });
  else if (rollout.step === STEPS.length - 1) rollout.next = 'complete';
  else Object.assign(rollout, { step: rollout.step + 1, reached: false, next: 'share' });
}

function complete(loop: Loop, rollout: Rollout): void {
  for (const version of loop.versions)
    if (version.deployment === 'live') Object.assign(version, { deployment: 'retired', stage: 'archived' });
  Object.assign(loop.versions[rollout.version - 1] as Version, { deployment: 'live', stage: 'production' });
  loop.champion = rollout.version;
  loop.arms = [[rollout.version, 1]];
  loop.unserved = 0;
  Object.assign(rollout, { status: 'succeeded', next: 'end' });
  const execution = rollout.execution === null ? undefined : loop.executions[rollout.execution];
  if (execution && isOpen(execution)) execution.status = 'succeeded';
}

function rollBack(loop: Loop, rollout: Rollout): string {
  if (rollout.begun) {
    loop.arms = rollout.baseline === null ? [] : [[rollout.baseline, 1]];
    loop.unserved = 0;
  }
  const version = loop.versions[rollout.version - 1] as Version;
  if (version.deployment === 'deploying') version.deployment = 'failed';
  Object.assign(rollout, { status: rollout.reason === 'judged' ? 'rolled_back' : 'aborted', next: 'end' });
  return 'ok';
}

function signal(rollout: Rollout | undefined, what: 'pause' | 'resume' | 'abort'): string {
  if (!rollout) return 'none';
  if (!isOpen(rollout)) return 'rollout_ended';
  if (rollout.reason) return what === 'abort' ? 'ok' : 'rollout_ended';
  if (what === 'abort') rollout.reason = 'aborted';
  else if (rollout.status === 'queued') return 'wrong_stage';
  else rollout.status = what === 'pause' ? 'paused' : 'running';
  return 'ok';
}

/** A scan told of drift: one retraining per cause at a time and within its cooldown, not more than the budget, and only on newer data. */
function drift(loop: Loop, cause: string): string {
  const mine = loop.starts.filter((start) => start.cause === cause);
  if (mine.some(({ execution }) => isOpen(loop.executions[execution] as Execution))) return 'duplicate_cause';
  if (mine.some(({ age }) => age < COOLDOWN_AGE)) return 'cooldown';
  if (loop.starts.length >= BUDGET) return 'budget';
  const champion = loop.champion === null ? undefined : loop.versions[loop.champion - 1];
  if (champion && (loop.executions[champion.execution]?.data ?? 0) >= loop.data) return 'no_newer_data';
  if (loop.executions.some(isOpen)) return 'execution_running';
  begin(loop, 'system:retraining');
  loop.starts.push({ cause, execution: loop.executions.length - 1, age: 0 });
  return 'drift';
}
