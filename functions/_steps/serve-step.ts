import type { Context as LambdaContext } from 'aws-lambda';
import type { ControlPlane } from '#adapters/postgres/control-plane.ts';
import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Execution } from '#core/pipelines/index.ts';
import type { Environment } from '#functions/_telemetry/telemetry.ts';
import { idOf } from './ids.ts';
import { stepPerformer, type TellPast } from './perform-step.ts';

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
  readonly past: TellPast;
}

export type Step = (call: StepCall) => Promise<object>;

/**
 * The handler of a task Lambda: finds the execution within its tenant and runs the step the event names. A refusal leaves under
 * its code as the error's name, which is what the machine's Catch and the failure's record match. The step's span continues the
 * trace of whoever ordered the execution.
 */
export function serveStep(name: string, plane: Pick<ControlPlane, 'read'>, steps: Readonly<Record<string, Step>>, env: Environment = {}) {
  const perform = stepPerformer(name, env);
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
    const about = { tenant: event.tenant, execution: event.execution, step: event.step, requestId: ctx.requestId };
    return perform(event.step, about, async (inSpan) => {
      const execution = await plane.read(ctx, (tx) => tx.executions.find(event.execution));
      if (!execution) throw new DomainError({ code: 'not_found', what: 'execution', id: event.execution });
      return inSpan(execution.traceparent ?? undefined, about, (traceparent, past) =>
        step({ ctx: { ...ctx, traceparent }, event, execution, past }),
      );
    });
  };
}

function parseEvent(input: unknown): StepEvent {
  const event = (typeof input === 'object' && input !== null ? input : {}) as Readonly<Record<string, unknown>>;
  const ids = { tenant: idOf(event, 'tenant'), execution: idOf(event, 'execution') };
  const { step } = event;
  if (typeof step !== 'string') throw new TypeError('the step event names no step');
  return { ...event, ...ids, step };
}
