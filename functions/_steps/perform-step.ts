import { DomainError } from '#core/kernel/index.ts';
import { type Environment, type PastSpan, telemetry, traceparentOf } from '#functions/_telemetry/telemetry.ts';

type Ids = Readonly<Record<string, string>>;

/** Tells of what the step learned of and did not do itself; without a parent it is the step's own child. */
export type TellPast = (span: PastSpan, parent?: string) => void;

/** Runs the step in a span that has these attributes and continues `parent`; `work` gets the span's own traceparent. */
export type InSpan = (
  parent: string | undefined,
  attributes: Ids,
  work: (traceparent: string, past: TellPast) => Promise<object>,
) => Promise<object>;

/** Performs one step after the other of a function: a line in the log for how each ended, and its spans on their way before the answer. */
export function stepPerformer(name: string, env: Environment) {
  const { logger, traced, past, flush } = telemetry(name, env);
  return async (step: string, ids: Ids, run: (inSpan: InSpan) => Promise<object>): Promise<object> => {
    let about = ids;
    const begun = performance.now();
    const milliseconds = () => Math.round(performance.now() - begun);
    const inSpan: InSpan = (parent, attributes, work) =>
      traced(step, parent, 'consumer', (span) => {
        const traceparent = traceparentOf(span);
        span.setAttributes(attributes);
        about = { ...about, traceparent };
        return work(traceparent, (told, before) => past(told, before ?? traceparent));
      });
    try {
      const output = await run(inSpan);
      logger.info('step done', { ...about, milliseconds: milliseconds() });
      return { step, ...output };
    } catch (error) {
      const told = { ...about, milliseconds: milliseconds(), error: error instanceof Error ? error : String(error) };
      if (error instanceof DomainError) logger.warn('step refused', told);
      else logger.error('step broke', told);
      throw error;
    } finally {
      await flush();
    }
  };
}
