import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoRouting } from '../../adapters/dynamodb/routing.ts';
import { mongoCalls } from '../../adapters/mongo/calls.ts';
import { controlPlane } from '../../adapters/postgres/control-plane.ts';
import { postgresOutbox } from '../../adapters/postgres/outbox.ts';
import { rolloutRoutes } from '../../api/rollouts.ts';
import type { Context, Role } from '../../core/kernel/index.ts';
import { CANARY_DEFAULTS, type Order } from '../../core/rollout/index.ts';
import type { Arm, CallRecord, RoutingEntry } from '../../core/serving/index.ts';
import { serve } from '../../functions/_http/serve.ts';
import { rolloutHandlers } from '../../functions/operations/rollouts.ts';
import { rolloutTasks } from '../../functions/rollout-step/tasks.ts';
import { startAws } from './aws.ts';
import { startMongo } from './mongo.ts';
import { newExecution } from './new-execution.ts';
import { newTable } from './new-table.ts';
import { outboxOf } from './outbox-of.ts';
import { startPostgres } from './postgres.ts';
import { type HttpHandler, routeCaller } from './route-caller.ts';

/** What a version does while it is looked at. */
export interface Behaviour {
  readonly failing?: number;
  readonly durationMs?: number;
  readonly score?: (draw: number) => number;
}

/** The steps of the rollout machine and the API of rollouts on real stores; the machine's order and its clock are played. */
export async function startRolloutSteps() {
  const [postgres, aws, mongo] = await Promise.all([startPostgres(), startAws(), startMongo()]);
  const dynamo = new DynamoDBClient(aws.config);
  await newTable(dynamo, ['pk', 'sk'], 'routing');
  const plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
  const routing = dynamoRouting(dynamo, 'routing');
  const calls = mongoCalls(async () => mongo.client.db(mongo.database));
  let breaks: ((entry: RoutingEntry) => Error | undefined) | undefined;
  const fragile = {
    async write(entry: RoutingEntry) {
      const error = breaks?.(entry);
      if (error) throw error;
      await routing.write(entry);
    },
  };
  const tasks = rolloutTasks({ plane, routing: fragile, calls, objects: { read: async () => undefined } });
  const api = serve(rolloutRoutes, rolloutHandlers({ plane }), { name: 'operations' }) as HttpHandler;

  async function tenant(roles: readonly Role[] = ['operator']) {
    const { id, slug } = await postgres.newTenant();
    let now = new Date('2026-01-01T00:00:00Z');
    let drawn = 0;
    const ctx = (): Context => ({
      tenant: id,
      principal: { id: 'system:rollout', kind: 'service', roles: [] },
      now,
      requestId: randomUUID(),
    });

    /** A version that the second person approved, made by an execution with this plan. */
    async function version({ approved = true, model = 'flights', steps = CANARY_DEFAULTS.steps, strategy = 'canary' as const } = {}) {
      return plane.write(ctx(), {}, async (tx) => {
        const execution = await newExecution(tx, ctx(), {
          approval: { required: true, timeoutHours: 1 },
          deployment: { model, alias: 'champion', strategy, canary: { ...CANARY_DEFAULTS, steps, minRows: 100, minCalls: 20 } },
        });
        const ask = {
          requestedFor: 'x',
          author: 'ada',
          evidence: {},
          expiresAt: new Date(Date.now() + 60_000),
          taskToken: 't',
          policyVersion: 0,
        };
        const { id: asked } = await tx.approvals.request({ ...ask, execution }, now);
        if (approved) await tx.approvals.decide(asked, { status: 'approved', by: 'bob', comment: '', policyVersion: 0 }, now);
        const { id: modelId } = await tx.models.lock(model, 'ada');
        const made = await tx.modelVersions.add(
          modelId,
          {
            ...{ runId: null, executionId: execution, datasetVersionId: null, evaluationId: null, profileKey: null, trainingKey: null },
            ...{ artifactKey: `a-${execution}`, artifactSha256: 'a'.repeat(64), artifactBytes: 5, signatureKey: 's', signature: {} },
          },
          'ada',
          now,
        );
        return { version: made.number, execution };
      });
    }

    async function task(step: string, rollout: string, more: object = {}): Promise<Order> {
      return (await tasks[step]?.(ctx(), { tenant: id, rollout, step, ...more })) as Order;
    }

    /** Calls of both arms as the routing table has them, until now and back to a minute before. */
    async function serveAll(behaviours: Readonly<Record<number, Behaviour>>, model = 'flights', each = 60) {
      const entry = await routing.read(id, model);
      const records = (entry?.arms ?? []).flatMap((arm) =>
        arm.weight === 0
          ? []
          : Array.from({ length: each }, (_, at) => answered(entry as RoutingEntry, arm, at, behaviours[arm.version] ?? {})),
      );
      await calls.insertOnce(id, records);
    }

    /** Numbers that look drawn, the same in every run. */
    const draw = () => {
      drawn += 1;
      return (drawn * 0.6180339887498949) % 1;
    };

    function answered(entry: RoutingEntry, { versionId, version }: Arm, at: number, does: Behaviour): CallRecord {
      const { failing = 0, durationMs = 20, score = (drawn) => drawn } = does;
      const about = { id: randomUUID(), model: entry.model, modelId: entry.modelId, versionId, version, arm: `v${version}`, rows: 5 };
      const receivedAt = new Date(now.getTime() - 500 - at).toISOString();
      const took = durationMs * (0.9 + 0.2 * draw());
      if (draw() < failing) return { ...about, receivedAt, durationMs: took, outcome: 'error', error: 'x', scores: new Float32Array() };
      return { ...about, receivedAt, durationMs: took, outcome: 'ok', scores: Float32Array.from({ length: 5 }, () => score(draw())) };
    }

    const call = (operation: keyof typeof rolloutRoutes, path: Record<string, string>, body?: object, principal = 'olga') =>
      routeCaller(rolloutRoutes, () => api, { tenant: { id, slug }, roles, principal })(operation, { path, body });

    return {
      id,
      ctx,
      version,
      task,
      serveAll,
      routed: (model = 'flights') => routing.read(id, model),
      pass(seconds: number) {
        now = new Date(now.getTime() + seconds * 1000);
      },
      /** As the machine does, the clock going on while it bakes; `during` sees every bake. */
      async drive(rollout: string, during: (order: Order) => Promise<void> = async () => undefined): Promise<string[]> {
        const seen: string[] = [];
        let order = await task('begin', rollout);
        for (let turn = 0; order.next !== 'end' && order.next !== 'pause' && turn < 100; turn += 1) {
          seen.push(order.next);
          if (order.next === 'bake') {
            this.pass(order.seconds);
            await during(order);
            order = await task('judge', rollout);
          } else order = await task(order.next === 'roll_back' ? 'roll-back' : order.next, rollout);
        }
        return seen;
      },
      call,
      /** The id of a rollout that a person starts. */
      async start(body: object, model = 'flights'): Promise<string> {
        const answer = await call('startRollout', { model }, body);
        if (answer.status !== 202) throw new Error(`No rollout was started: ${answer.status} ${JSON.stringify(answer.body)}`);
        return answer.body.id;
      },
      /** Who serves how much, as the routing table has it. */
      async weights() {
        const { arms = [], unserved, revision, version } = (await routing.read(id, 'flights')) ?? {};
        return { arms: arms.map((arm) => `v${arm.version} ${arm.weight}`), unserved, revision, version };
      },
      /** As the publisher leaves what was told of a subject. */
      async publish(subject: string) {
        const outbox = postgresOutbox(postgres.pool);
        for (const intent of await outbox.waiting(id, subject)) {
          const read = await outbox.read(id, intent, 1_000);
          if (read.state === 'ended')
            await outbox.published(
              id,
              read.messages.map((message) => message.id),
              new Date(),
            );
        }
      },
      /** What was told of a subject, in order. */
      outbox: (subject: string) => outboxOf(postgres, id, subject),
    };
  }

  return {
    plane,
    tenant,
    /** A tenant with the first version of a model, live all at once. */
    async withLive() {
      const own = await tenant();
      const { version } = await own.version();
      await own.drive(await own.start({ version, strategy: 'all-at-once' }));
      return { tenant: own, version };
    },
    /** Writing this entry fails with what the function gives; none from now on without one. */
    breakRouting(by?: (entry: RoutingEntry) => Error | undefined) {
      breaks = by;
    },
    async stop() {
      dynamo.destroy();
      await Promise.all([postgres.stop(), aws.stop(), mongo.stop()]);
    },
  };
}
