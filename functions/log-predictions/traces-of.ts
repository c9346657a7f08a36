import { parseTraceparent } from '#functions/_telemetry/telemetry.ts';

/** The traces that a delivery continues, each once: those of the calls that made the predictions. */
export function tracesOf(delivered: readonly { readonly body: string }[]): readonly string[] {
  const found = delivered.map(({ body }) => traceparentIn(body));
  return [...new Set(found.filter((each) => each !== undefined))];
}

/** A body that cannot be read is no concern here; the batch says what is wrong with it. */
function traceparentIn(body: string): string | undefined {
  try {
    const { traceparent } = JSON.parse(body) as { readonly traceparent?: unknown };
    return typeof traceparent === 'string' && parseTraceparent(traceparent) ? traceparent : undefined;
  } catch {
    return undefined;
  }
}
