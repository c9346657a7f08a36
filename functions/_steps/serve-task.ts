import type { Context as LambdaContext } from 'aws-lambda';
import { type Context, DomainError } from '#core/kernel/index.ts';
import { type Environment, telemetry, traceparentOf } from '#functions/_telemetry/telemetry.ts';

/** What a state of any machine hands over: the tenant, the step's name, and the ids the step needs. */
export interface TaskEvent {
  readonly tenant: string;
  readonly step: string;
  readonly [more: string]: unknown;
}

export type Task = (ctx: Context, event: TaskEvent) => Promise<object>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function isId(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The id under this name, which the machine's author put there; its absence is a defect. */
export function idOf(event: TaskEvent, field: string): string {
  const value = event[field];
  if (!isId(value)) throw new TypeError(`the step event's ${field} is no id: ${JSON.stringify(value)}`);
  return value;
}

/**
 * The handler of a task Lambda of the machine `machine`: runs the step the event names as `system:<machine>`. A refusal leaves
 * under its code as the error's name, which is what the machine's Retry and Catch match. Every id of the event is logged. The
 * step's span continues the trace that the event names.
 */
export function serveTask(machine: string, tasks: Readonly<Record<string, Task>>, env: Environment = {}) {
  const { logger, traced, flush } = telemetry(machine, env);
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
    let about: Readonly<Record<string, unknown>> = { ...ids, step: event.step, requestId: ctx.requestId };
    const parent = typeof event['traceparent'] === 'string' ? event['traceparent'] : undefined;
    const begun = performance.now();
    try {
      const output = await traced(event.step, parent, 'consumer', (span) => {
        const traceparent = traceparentOf(span);
        span.setAttributes(ids);
        about = { ...about, traceparent };
        return task({ ...ctx, traceparent }, event);
      });
      logger.info('step done', { ...about, milliseconds: Math.round(performance.now() - begun) });
      return { step: event.step, ...output };
    } catch (error) {
      const told = { ...about, milliseconds: Math.round(performance.now() - begun), error: error instanceof Error ? error : String(error) };
      if (error instanceof DomainError) logger.warn('step refused', told);
      else logger.error('step broke', told);
      throw error;
    } finally {
      await flush();
    }
  };
}
