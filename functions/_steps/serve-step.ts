import type { Context as LambdaContext } from 'aws-lambda';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';
import { type Environment, telemetry, traceparentOf } from '#functions/_telemetry/telemetry.ts';

/** What a state of the machine hands over: ids, the step's name, and the little a step needs besides. */
export interface StepEvent {
  readonly tenant: string;
  readonly execution: string;
  readonly step: string;
  readonly [more: string]: unknown;
}

export interface StepCall {
  readonly ctx: Context;
  readonly event: StepEvent;
  readonly execution: Execution;
}

export type Step = (call: StepCall) => Promise<object>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The handler of a task Lambda: finds the execution within its tenant and runs the step the event names. A refusal leaves under
 * its code as the error's name, which is what the machine's Catch and the failure's record match. The step's span continues the
 * trace of whoever ordered the execution.
 */
export function serveStep(name: string, plane: Pick<ControlPlane, 'read'>, steps: Readonly<Record<string, Step>>, env: Environment = {}) {
  const { logger, traced, flush } = telemetry(name, env);
  return async (input: unknown, lambda: Pick<LambdaContext, 'awsRequestId'>): Promise<object> => {
    const event = parseEvent(input);
    const step = Object.hasOwn(steps, event.step) ? steps[event.step] : undefined;
    if (!step) throw new TypeError(`${name} has no step ${event.step}; it has ${Object.keys(steps).join(', ')}`);
    const ctx: Context = {
      tenant: event.tenant,
      principal: { id: 'system:training', kind: 'service', roles: [] },
      now: new Date(),
      requestId: lambda.awsRequestId,
    };
    let about: Readonly<Record<string, string>> = {
      tenant: event.tenant,
      execution: event.execution,
      step: event.step,
      requestId: ctx.requestId,
    };
    const begun = performance.now();
    try {
      const execution = await plane.read(ctx, (tx) => tx.executions.find(event.execution));
      if (!execution) throw new DomainError({ code: 'not_found', what: 'execution', id: event.execution });
      const output = await traced(event.step, execution.traceparent ?? undefined, 'consumer', (span) => {
        const traceparent = traceparentOf(span);
        span.setAttributes(about);
        about = { ...about, traceparent };
        return step({ ctx: { ...ctx, traceparent }, event, execution });
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

function parseEvent(input: unknown): StepEvent {
  const event = (typeof input === 'object' && input !== null ? input : {}) as Readonly<Record<string, unknown>>;
  const { tenant, execution, step } = event;
  for (const [field, value] of Object.entries({ tenant, execution })) {
    if (typeof value !== 'string' || !UUID.test(value)) throw new TypeError(`the step event's ${field} is no id: ${JSON.stringify(value)}`);
  }
  if (typeof step !== 'string') throw new TypeError('the step event names no step');
  return event as unknown as StepEvent;
}
