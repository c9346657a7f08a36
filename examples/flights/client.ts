import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the API answered instead of the thing asked for (RFC 9457). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;
  constructor(request: string, status: number, problem: Readonly<Record<string, unknown>>) {
    super(`${request} → ${status} ${JSON.stringify(problem)}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.problem = problem;
  }
  get code(): string {
    return String(this.problem['type'] ?? '').replace('/problems/', '');
  }
}

export interface Client {
  get<T>(path: string): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** Sends an Idempotency-Key, so that it is safe to send again after a lost answer. */
  post<T>(path: string, body: unknown, options?: { readonly idempotencyKey?: string }): Promise<T>;
}

const ATTEMPTS = 4;
/** An HTTP API gives a function 30 s: who has no answer by then has lost it on the way. */
const PATIENCE_MS = 40_000;

/** A caller of the public API as one person or service in one tenant. `token` is asked for on every call, so that it can be renewed. */
export function apiClient(baseUrl: string, tenant: string, token: () => Promise<string>): Client {
  async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let attempt = 1; ; attempt++) {
      const authorization = `Bearer ${await token()}`;
      const answer = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { authorization, 'sluice-tenant': tenant, 'content-type': 'application/json', ...headers },
        ...(text === undefined ? {} : { body: text }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      }).catch((error: unknown) => {
        // A connection that broke, or nobody in time: whether it was done is not known, and sending again is safe.
        if (attempt === ATTEMPTS) throw error;
        return undefined;
      });
      if (answer?.ok) return (await answer.json()) as T;
      if (answer && (attempt === ATTEMPTS || !isPassing(answer.status))) throw await problemOf(`${method} ${path}`, answer);
      await sleep(retryDelayMs(answer, attempt));
    }
  }
  return {
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    delete: (path) => call('DELETE', path),
    post: (path, body, { idempotencyKey = randomUUID() } = {}) => call('POST', path, body, { 'idempotency-key': idempotencyKey }),
  };
}

/** Also the gateway's own 500, when a function did not answer it in time: whatever is sent here may be sent again. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function retryDelayMs(answer: Response | undefined, attempt: number): number {
  return Number(answer?.headers.get('retry-after') ?? 0) * 1000 || Math.random() * 250 * 2 ** attempt;
}

async function problemOf(request: string, answer: Response): Promise<ApiProblem> {
  const text = await answer.text();
  try {
    return new ApiProblem(request, answer.status, JSON.parse(text));
  } catch {
    return new ApiProblem(request, answer.status, { detail: text });
  }
}
