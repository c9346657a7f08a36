/**
 * Why an execution stopped whose machine did not get to say so itself: it was stopped from outside, ran out of time, or broke where no
 * state catches (too much data, a lost engine). Undefined for a machine that ended well.
 */
export function machineEnd(status: string, error = '', cause = ''): { readonly error: string; readonly cause: string } | undefined {
  switch (status) {
    case 'ABORTED':
      return { error: 'execution_stopped', cause: [error, cause].filter(Boolean).join(': ') || 'somebody stopped it in Step Functions' };
    case 'TIMED_OUT':
      return { error: 'States.Timeout', cause: cause || 'the execution took longer than it may' };
    case 'FAILED':
      return { error: error || 'unknown', cause };
    default:
      return undefined;
  }
}
