import { type Context, canonicalJson, DomainError } from '#core/kernel/index.ts';
import type { StepFailure, StepLog } from './ports.ts';

/** What a step is called and everything its result depends on. Change `version` when the step's own code gives other results. */
export interface StepInputs {
  readonly step: string;
  readonly version: number;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Recording {
  readonly log: StepLog;
  readonly sha256: (text: string) => string;
}

/**
 * Runs a step once per distinct input of a tenant: a result that is recorded for the same inputs is handed back instead.
 * Each attempt is written with its times and its outcome. Safe to retry and to race: the first result recorded wins, and every
 * caller answers with that one.
 */
export async function recordedStep<Output extends object>(
  { log, sha256 }: Recording,
  ctx: Context,
  execution: string,
  { step, version, inputs }: StepInputs,
  run: (inputHash: string) => Promise<Output>,
): Promise<Output> {
  const inputHash = sha256(canonicalJson({ step, version, inputs }));
  const begun = await log.begin(ctx, { execution, step, inputHash });
  if (begun.recorded) return begun.recorded as Output;
  try {
    const output = await run(inputHash);
    return (await log.succeed(ctx, {
      execution,
      step,
      attempt: begun.attempt,
      inputHash,
      output: output as Record<string, unknown>,
    })) as Output;
  } catch (error) {
    await log.fail(ctx, { execution, step, attempt: begun.attempt, ...outcomeOf(error) });
    throw error;
  }
}

function outcomeOf(error: unknown): { status: 'refused' | 'failed'; failure: StepFailure } {
  if (error instanceof DomainError) return { status: 'refused', failure: { ...error.failure } };
  return {
    status: 'failed',
    failure: { code: 'defect', reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
  };
}
