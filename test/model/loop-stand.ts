import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { createTenant, decideApproval, putMember } from '../../core/governance/index.ts';
import { type Context, DomainError, type Role } from '../../core/kernel/index.ts';
import { beginExecution, putPipeline } from '../../core/pipelines/index.ts';
import { CANARY_DEFAULTS, type Order, recordJudgement } from '../../core/rollout/index.ts';
import type { RoutingEntry } from '../../core/serving/index.ts';
import { serveStep } from '../../functions/_steps/serve-step.ts';
import { pipelineSteps } from '../../functions/pipeline-step/steps.ts';
import { decide } from '../../functions/retraining-step/decide.ts';
import { rolloutTasks } from '../../functions/rollout-step/tasks.ts';
import { alertedScan } from '../support/alerted-scan.ts';
import { definitionOf } from '../support/pipeline-definition.ts';
import type { TestPostgres } from '../support/postgres.ts';
import { routeCaller } from '../support/route-caller.ts';
import { ROOT } from '../support/stores-folder.ts';
import { type Command, STEPS } from './control-loop.ts';
import type { Seen } from './invariants.ts';
import { realRoutes } from './loop-routes.ts';
import { seeLoop } from './see-loop.ts';

type Judgement = Parameters<typeof recordJudgement>[4];

const DAY_AND_HOUR_MS = 25 * 3_600_000;
const SIGNATURE = readFileSync(join(ROOT, 'test', 'fixtures', 'delays.signature.json'));
const PIPELINE = definitionOf({
  gates: [{ metric: 'auc', atLeast: 0.6, on: 'point' }],
  deployment: {
    model: 'flights',
    alias: 'champion',
    strategy: 'canary',
    canary: { ...CANARY_DEFAULTS, steps: STEPS.map((share) => ({ share, bakeMinutes: 1 })) },
  },
});

/** One tenant whose loop is driven through the routes and the steps that AWS would call, on real Postgres. What the machines order and when, and what the judge finds, is played. */
export async function newLoop(postgres: TestPostgres, routes = realRoutes) {
  const { id: tenant, slug } = await postgres.newTenant();
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  let now = Date.now();
  let windows = 0;
  let routed: RoutingEntry | undefined;
  let order: Order['next'] | 'begin' = 'begin';
  const executions: string[] = [];
  const rollouts: string[] = [];

  const contextOf = (principal: string, kind: 'user' | 'service' = 'user'): Context => ({
    tenant,
    principal: { id: principal, kind, roles: [] },
    now: new Date(now),
    requestId: randomUUID(),
  });
  const objects = { read: async () => SIGNATURE } as never;
  const images = {
    openMachines: { waitsFor: async () => undefined },
    bucket: 'b',
    region: 'us-east-1',
    roleArn: 'r',
    images: {},
    builtinSource: 's',
  };
  const steps = serveStep('pipeline-step', plane, pipelineSteps({ plane, objects, ...images }));
  const routing = {
    async write(entry: RoutingEntry) {
      if ((routed?.revision ?? 0) < entry.revision) routed = entry;
    },
  };
  const tasks = rolloutTasks({ plane, routing, calls: { ofVersion: async () => [] }, objects });
  const retraining = decide({ plane, instanceTypes: ['ml.m5.large'] });
  const api = routes(plane);

  /** As somebody whose roles are what his membership says now. */
  async function call(principal: string, operation: string, path: Record<string, string>, body?: object): Promise<string> {
    const members = await plane.read(contextOf(principal), (tx) => tx.members.list({ limit: 50 }));
    const roles = members.find((member) => member.principal === principal)?.roles ?? [];
    const ask = routeCaller(api.routes, () => api.handler, { tenant: { id: tenant, slug }, roles, principal });
    const answer = await ask(operation, { path, body });
    if (answer.status >= 500) throw new Error(JSON.stringify(answer.body));
    if (operation === 'startExecution' && answer.status < 300) executions.push(answer.body.id);
    if (operation === 'startRollout' && answer.status < 300) startsAnew(answer.body.id);
    return answer.status < 300 ? 'ok' : String(answer.body.type).replace('/problems/', '');
  }

  function startsAnew(rollout: string): void {
    rollouts.push(rollout);
    order = 'begin';
  }

  const step = (name: string, more: object = {}) =>
    steps({ tenant, execution: executions.at(-1), step: name, ...more }, { awsRequestId: randomUUID() }) as Promise<
      Readonly<Record<string, unknown>>
    >;
  const fails = async (at: string, error: string, cause = '{}') => {
    await step('record-failure', { at, error, cause });
    return 'ok';
  };

  /** What the steps before the gates leave, as good or as bad as it is said. */
  async function evaluated(passed: boolean): Promise<void> {
    const ctx = contextOf('system:training', 'service');
    const execution = executions.at(-1) ?? '';
    const artifact = (name: string) => ({
      key: `k/${name}`,
      sha256: createHash('sha256').update(`${execution}${name}`).digest('hex'),
      bytes: 5,
    });
    await plane.write(ctx, {}, async (tx) => {
      await beginExecution(tx, ctx, execution);
      const metrics = { auc: { value: passed ? 0.7 : 0.5 } };
      const about = { execution, artifactSha256: artifact('model').sha256, rowsSha256: '3'.repeat(64), rows: 10, metrics, details: {} };
      const { id } = await tx.evaluations.add({ id: randomUUID(), ...about, reportKey: 'r' }, ctx.now);
      const train = {
        runId: null,
        job: 'j',
        artifacts: { model: artifact('model'), signature: artifact('signature'), profile: null, training: null },
      };
      const outputs = { train, evaluate: { evaluation: id, reportKey: 'r', metrics, champion: null } };
      for (const [name, output] of Object.entries(outputs)) {
        const at = { execution, step: name, inputHash: createHash('sha256').update(`${execution}${name}`).digest('hex') };
        const { attempt } = await tx.steps.begin(at, ctx.now);
        await tx.steps.succeed({ ...at, attempt, output }, ctx.now);
      }
    });
  }

  async function approval(): Promise<string> {
    for (const execution of executions.toReversed()) {
      const found = await plane.read(contextOf('ada'), (tx) => tx.approvals.ofExecution(execution));
      if (found) return found.id;
    }
    throw new Error('nobody asked for an approval');
  }

  async function answered(): Promise<string> {
    const execution = executions.at(-1) ?? '';
    const { status, asked, rollout } = await plane.read(contextOf('ada'), async (tx) => ({
      status: (await tx.executions.find(execution))?.status,
      asked: await tx.approvals.ofExecution(execution),
      rollout: await tx.rollouts.ofExecution(execution),
    }));
    if (status === 'rolling_out') return fails('RollOut', rollout?.status === 'failed' ? 'rollout_failed' : 'rollout_rolled_back');
    if (asked?.status === 'rejected') return fails('AwaitApproval', 'approval_rejected');
    try {
      startsAnew(String((await step('roll-out', { token: randomUUID() }))['rollout']));
      return 'ok';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return fails('RollOut', error.failure.code);
    }
  }

  /** What the rollout's machine does next, twice where a repetition must change nothing. */
  async function turn(verdict: Judgement['verdict']): Promise<string> {
    const id = rollouts.at(-1) ?? '';
    const ctx = contextOf('system:rollout', 'service');
    const task = (name: string, more: object = {}) => tasks[name]?.(ctx, { tenant, rollout: id, step: name, ...more }) as Promise<Order>;
    if (order === 'bake' || order === 'pause') {
      await task(order, { token: randomUUID() });
      order = await judged(id, ctx, verdict);
      return 'ok';
    }
    const name = order === 'roll_back' ? 'roll-back' : order;
    const { next } = await task(name);
    const again = await task(name);
    // A machine that starts anew finds the step reached, the rollout over or what a person demands.
    if (name !== 'begin' && again.next !== next) throw new Error(`${name} said ${next}, and ${again.next} when it was repeated`);
    order = next;
    return 'ok';
  }

  async function judged(id: string, ctx: Context, verdict: Judgement['verdict']): Promise<Order['next']> {
    const rollout = await plane.read(ctx, (tx) => tx.rollouts.find(id));
    if (!rollout) throw new Error('the rollout is gone');
    const judgement: Judgement = {
      verdict,
      checks: [],
      waitSeconds: 1,
      reason: verdict === 'roll_back' ? { code: 'judged', sentence: 'played' } : null,
    };
    const at = { step: rollout.step, since: rollout.stepSince ?? new Date(0) };
    return (await plane.write(ctx, {}, (tx) => recordJudgement(tx, ctx, id, at, judgement))).next;
  }

  async function drifted(cause: string): Promise<string> {
    const retrain = { pipeline: 'flights', cooldownHours: 24, budget: { executions: 2, days: 30 } };
    const ctx = contextOf('system:retraining', 'service');
    const { scan } = await plane.write(ctx, {}, (tx) =>
      alertedScan(tx, ctx, { model: 'flights', window: windows++, what: [cause], retraining: retrain }),
    );
    const decided = (await retraining(ctx, { tenant, scan, step: 'decide' })) as { reason: string; execution: string | null };
    const repeated = (await retraining(ctx, { tenant, scan, step: 'decide' })) as typeof decided;
    if (repeated.execution !== decided.execution) throw new Error('a scan was decided about twice');
    if (decided.execution) executions.push(decided.execution);
    return decided.reason;
  }

  async function newData(): Promise<void> {
    const ctx = contextOf('ada');
    const sha256 = createHash('sha256').update(randomUUID()).digest('hex');
    await plane.write(ctx, {}, async (tx) => {
      const { id } = await tx.datasets.lock('flights', 'ada');
      await tx.datasets.addVersion(id, { label: null, sha256, bytes: 10, format: 'parquet', objectKey: 'k', createdBy: 'ada' }, ctx.now);
    });
  }

  const bob = { kind: 'user' as const, displayName: 'Bob', roles: ['approver'] as readonly Role[] };

  async function perform(command: Command): Promise<string> {
    now += 1;
    switch (command.do) {
      case 'start':
        return call('ada', 'startExecution', { pipeline: 'flights' }, {});
      case 'evaluate': {
        await evaluated(command.passed);
        if (!(await step('gates'))['passed']) return fails('DecideGates', 'gate_failed');
        await step('register');
        await step('register');
        return 'ok';
      }
      case 'ask':
        await step('request-approval', { token: randomUUID() });
        await step('request-approval', { token: randomUUID() });
        return 'ok';
      case 'decide': {
        const decision = { approval: await approval(), decision: command.decision, comment: 'so' };
        if (command.by !== 'robot')
          return call(command.by, 'decideApproval', { approval: decision.approval }, { decision: command.decision, comment: 'so' });
        const ctx = contextOf('robot', 'service');
        return plane.write(ctx, {}, (tx) => decideApproval(tx, ctx, decision)).then(() => 'ok', refusal);
      }
      case 'answer':
        return answered();
      case 'expire':
        return fails('AwaitApproval', 'approval_expired');
      case 'stop':
        return fails('', 'execution_stopped');
      case 'roll out':
        return call('olga', 'startRollout', { model: 'flights' }, { version: command.version });
      case 'machine':
        return turn(command.verdict);
      case 'pause':
      case 'resume':
      case 'abort':
        return call('olga', `${command.do}Rollout`, { rollout: rollouts.at(-1) ?? '' }, {});
      case 'drift':
        return drifted(command.cause);
      case 'wait':
        now += DAY_AND_HOUR_MS;
        return 'ok';
      case 'new data':
        await newData();
        return 'ok';
      case 'add bob':
        return call('root', 'putMember', { principal: 'bob' }, bob);
      case 'remove bob':
        return call('root', 'removeMember', { principal: 'bob' });
      case 'remove the last admin':
        return call('root', 'removeMember', { principal: 'root' });
    }
  }

  await plane.write(contextOf('platform', 'service'), {}, async (tx) => {
    const ctx = contextOf('platform', 'service');
    const user = { kind: 'user' as const };
    await createTenant(tx, ctx, { slug, name: slug, admin: { ...user, principal: 'root', displayName: 'Root' } }).catch(() => undefined);
    for (const [principal, roles] of Object.entries({
      root: ['admin'],
      ada: ['scientist', 'approver'],
      bob: bob.roles,
      olga: ['operator'],
    }))
      await putMember(tx, ctx, { ...user, principal, displayName: principal, roles: roles as readonly Role[] });
    await putPipeline(tx, ctx, {
      pipeline: 'flights',
      source: 's',
      sourceSha256: 'e'.repeat(64),
      definition: { base: PIPELINE, environments: {} } as never,
    });
  });
  await newData();

  return {
    tenant,
    perform,
    see: (): Promise<Seen> => seeLoop(postgres, tenant, routed),
  };
}

function refusal(error: unknown): string {
  if (error instanceof DomainError) return error.failure.code;
  throw error;
}
