import { redact } from '#core/kernel/index.ts';
import type { StepFailure } from './ports.ts';

/**
 * What a stopped state machine says about why: Step Functions hands over an error name and a cause, which is SageMaker's whole
 * job description when the job failed, `{ errorMessage, errorType }` when a Lambda threw, or plain text. What a script said last may hold
 * anything: what looks like a secret is taken out.
 */
export function trainingFailure(error: string, cause: string): StepFailure {
  const told = parsed(cause);
  const job = told['TrainingJobName'] ?? told['trainingJobName'];
  if (typeof job === 'string') {
    return { code: 'training_failed', job, reason: redact(text(told['FailureReason'], endOf(told, error))) };
  }
  if (typeof told['errorMessage'] === 'string') return { code: codeOf(error), reason: redact(told['errorMessage']) };
  if (error === 'States.Timeout') return { code: 'timed_out', reason: redact(cause) || 'a step took longer than it may' };
  return { code: codeOf(error), reason: redact(cause) || error };
}

/** A job that did not fail by itself: it was stopped, by somebody or by its time limit. */
function endOf(told: Readonly<Record<string, unknown>>, error: string): string {
  const [status, secondary] = [text(told['TrainingJobStatus'], 'unknown'), text(told['SecondaryStatus'], error)];
  if (secondary !== 'MaxRuntimeExceeded') return `the job ended as ${status} (${secondary})`;
  const limit = (told['StoppingCondition'] as { readonly MaxRuntimeInSeconds?: unknown } | undefined)?.MaxRuntimeInSeconds;
  const allowed = typeof limit === 'number' ? `the ${limit} seconds that it had` : 'its time';
  return `the job took longer than ${allowed} ("maxRuntimeMinutes" in pipeline.yaml) and was stopped`;
}

/** Names of our own refusals pass as they are; names of the platform become a defect. */
function codeOf(error: string): string {
  return /^[a-z][a-z_]*$/.test(error) ? error : 'defect';
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function parsed(cause: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(cause);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
