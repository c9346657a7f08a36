import * as z from 'zod';
import { machineEnd } from '#core/pipelines/index.ts';

/** `Step Functions Execution Status Change`, as far as it matters here. The input of the execution is JSON within the JSON. */
const StatusChange = z.object({
  source: z.literal('aws.states'),
  detail: z.object({ status: z.string(), input: z.string(), error: z.string().nullish(), cause: z.string().nullish() }),
});

/**
 * The step that makes good what a machine left behind that did not end by itself; undefined for any other event.
 *
 * @param about the id in the machine's input that says what it worked on
 */
export function outsideEnd(
  event: unknown,
  { step, about }: { readonly step: string; readonly about: 'execution' | 'rollout' | 'batch' },
): object | undefined {
  const told = StatusChange.safeParse(event);
  if (!told.success) return undefined;
  const { status, input, error, cause } = told.data.detail;
  const end = machineEnd(status, error ?? undefined, cause ?? undefined);
  if (!end) throw new TypeError(`a machine that is ${status} left nothing to make good`);
  const ids = z.object({ tenant: z.uuid(), [about]: z.uuid(), traceparent: z.string().optional() });
  return { ...ids.parse(JSON.parse(input)), step, ...end };
}
