/**
 * For every AWS client of a step. The SDK itself waits without end for S3 and for minutes for the others, so that one answer that
 * never comes costs a step all of its time. The second bounds silence, not the transfer: a large file may take as long as it flows.
 */
export function clientTimeouts({ connectMs = 5_000, silenceMs = 10_000 } = {}) {
  return { requestHandler: { connectionTimeout: connectMs, socketTimeout: silenceMs } };
}
