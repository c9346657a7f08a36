import { StoreUnavailable } from '#core/kernel/index.ts';

const GAVE_WAY = new Set(['40001', '40P01']);
/** Connection failures, too many connections, shutting down or starting up, lock or statement timeout. */
const PASSING = /^(08...|53300|57P0[1-3]|55P03|57014|25P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const PASSING_MESSAGE = /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/;

/** The database chose this transaction to give way to another; doing it again at once is right. */
export function gaveWay(error: unknown): boolean {
  return GAVE_WAY.has(codeOf(error));
}

/** What to throw for a driver's error: `StoreUnavailable` where later may work, the error itself otherwise. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const passing = gaveWay(error) || PASSING.test(codeOf(error)) || PASSING_MESSAGE.test(error.message);
  return passing ? new StoreUnavailable('Postgres', { cause: error }) : error;
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
