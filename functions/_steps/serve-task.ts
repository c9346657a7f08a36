import type { Context as LambdaContext } from 'aws-lambda';
import type { Context } from '#core/kernel/index.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { idOf, isId } from './ids.ts';
import { stepPerformer } from './perform-step.ts';

/** What a state of any machine hands over: the tenant, the step's name, and the ids the step needs. */
export interface TaskEvent {
  readonly tenant: string;
  readonly step: string;
  readonly [more: string]: unknown;
}

export type Task = (ctx: Context, event: TaskEvent) => Promise<object>;

/**
 * The handler of a task Lambda of the machine `machine`: runs the step the event names as `system:<machine>`. A refusal leaves
 * under its code as the error's name, which is what the machine's Retry and Catch match. Every id of the event is logged. The
 * step's span continues the trace that the event names.
 */
export function serveTask(machine: string, tasks: Readonly<Record<string, Task>>, env: Environment = {}) {
  const perform = stepPerformer(machine, env);
  return async (input: unknown, lambda: Pick<LambdaContext, 'awsRequestId'>): Promise<object> => {
    const event = (typeof input === 'object' && input !== null ? input : {}) as TaskEvent;
    const tenant = idOf(event, 'tenant');
    const task = typeof event.step === 'string' && Object.hasOwn(tasks, event.step) ? tasks[event.step] : undefined;
    if (!task) throw new TypeError(`${machine} has no step ${JSON.stringify(event.step)}; it has ${Object.keys(tasks).join(', ')}`);
    const ctx: Context = {
      tenant,
      principal: { id: `system:${machine}`, kind: 'service', roles: [] },
      now: new Date(),
      requestId: lambda.awsRequestId,
    };
    // A task token looks like an id and is a key.
    const ids = Object.fromEntries(Object.entries(event).flatMap(([key, value]) => (key !== 'token' && isId(value) ? [[key, value]] : [])));
    const parent = typeof event['traceparent'] === 'string' ? event['traceparent'] : undefined;
    return perform(event.step, { ...ids, step: event.step, requestId: ctx.requestId }, (inSpan) =>
      inSpan(parent, ids, (traceparent) => task({ ...ctx, traceparent }, event)),
    );
  };
}
