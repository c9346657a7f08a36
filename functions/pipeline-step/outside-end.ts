import * as z from 'zod';
import { machineEnd } from '#core/pipelines/index.ts';
import type { StepEvent } from '#functions/_steps/serve-step.ts';

/** `Step Functions Execution Status Change`, as far as it matters here. The input of the execution is JSON within the JSON. */
const StatusChange = z.object({
  source: z.literal('aws.states'),
  detail: z.object({ status: z.string(), input: z.string(), error: z.string().nullish(), cause: z.string().nullish() }),
});
const Input = z.object({ tenant: z.uuid(), execution: z.uuid() });

/** The step that writes down what Step Functions tells of an ended execution; undefined for any other event. */
export function outsideEnd(event: unknown): StepEvent | undefined {
  const told = StatusChange.safeParse(event);
  if (!told.success) return undefined;
  const { status, input, error, cause } = told.data.detail;
  const end = machineEnd(status, error ?? undefined, cause ?? undefined);
  if (!end) throw new TypeError(`an execution that is ${status} has no failure to record`);
  return { ...Input.parse(JSON.parse(input)), step: 'record-failure', ...end };
}
