import { setTimeout } from 'node:timers/promises';
import { StoreUnavailable } from '#core/kernel/index.ts';

const ATTEMPTS = 3;
const PAUSE_MS = 200;

/** What breaks a connection: the system's names of it, Node's, and the SDK's for a time that ran out. */
const BROKEN =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE|TimeoutError|RequestTimeout)$/;

/**
 * Tries a call again that broke on the way, or that S3 could not take just now. What S3 refuses is refused at once, and so
 * is what happened on this side: a full disk does not empty itself, and is not S3's fault.
 */
export async function patiently<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (attempt === ATTEMPTS) throw new StoreUnavailable('S3', { cause: error });
      await setTimeout(PAUSE_MS * 2 ** attempt);
    }
  }
}

function isPassing(error: unknown): boolean {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  const status = statusOf(error) ?? 0;
  // Of two equal conditional writes at once S3 answers one with a conflict: the next try finds the other's object.
  return status >= 500 || status === 429 || name === 'ConditionalRequestConflict' || BROKEN.test(String(code)) || BROKEN.test(String(name));
}

/** The answer's HTTP status, also of an answer that the SDK could not read. */
export function statusOf(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}
