import * as z from 'zod';
import { machineEnd } from '#core/pipelines/index.ts';

/** `Step Functions Execution Status Change`, as far as it matters here. The input of the execution is JSON within the JSON. */
const StatusChange = z.object({
  source: z.literal('aws.states'),
  detail: z.object({ status: z.string(), input: z.string(), error: z.string().nullish(), cause: z.string().nullish() }),
});
const Input = z.object({ tenant: z.uuid(), rollout: z.uuid() });

/** The step that routes back what a machine left behind that did not end by itself; undefined for any other event. */
export function outsideEnd(event: unknown): object | undefined {
  const told = StatusChange.safeParse(event);
  if (!told.success) return undefined;
  const { status, input, error, cause } = told.data.detail;
  const end = machineEnd(status, error ?? undefined, cause ?? undefined);
  if (!end) throw new TypeError(`a rollout whose machine is ${status} needs no way back`);
  return { ...Input.parse(JSON.parse(input)), step: 'roll-back', ...end };
}
