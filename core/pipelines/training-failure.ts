import type { StepFailure } from './ports.ts';

/**
 * What a stopped state machine says about why: Step Functions hands over an error name and a cause, which is SageMaker's whole
 * job description when the job failed, `{ errorMessage, errorType }` when a Lambda threw, or plain text.
 */
export function trainingFailure(error: string, cause: string): StepFailure {
  const told = parsed(cause);
  const job = told['TrainingJobName'] ?? told['trainingJobName'];
  if (typeof job === 'string') {
    const ended = `the job ended as ${text(told['TrainingJobStatus'], 'unknown')} (${text(told['SecondaryStatus'], error)})`;
    return { code: 'training_failed', job, reason: text(told['FailureReason'], ended) };
  }
  if (typeof told['errorMessage'] === 'string') return { code: codeOf(error), reason: told['errorMessage'] };
  if (error === 'States.Timeout') return { code: 'timed_out', reason: cause || 'a step took longer than it may' };
  return { code: codeOf(error), reason: cause || error };
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
