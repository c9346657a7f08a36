import { createHash } from 'node:crypto';
import { IDEMPOTENCY_KEY, KEY_RULE } from '#api/idempotency-key.ts';
import type { Route } from '#api/route.ts';
import { DomainError } from '#core/kernel/index.ts';

type Headers = Readonly<Record<string, string | undefined>>;

export interface Idempotency {
  readonly key: string;
  readonly route: string;
  readonly requestHash: string;
  readonly status: number;
}

/** A route that promises `key` demands the header, so that no caller finds out at the first lost answer that it should have sent one. */
export function idempotencyOf(
  { idempotency, method, path, status = 200 }: Route,
  headers: Headers,
  input: unknown,
): Idempotency | undefined {
  if (idempotency !== 'key') return undefined;
  const key = headers['idempotency-key'];
  if (key === undefined) throw new DomainError({ code: 'idempotency_key_missing' });
  if (!IDEMPOTENCY_KEY.test(key)) throw new DomainError({ code: 'idempotency_key_invalid', rule: KEY_RULE });
  const route = `${method} ${path}`;
  return {
    key,
    route,
    requestHash: createHash('sha256')
      .update(`${route}\n${sorted(input)}`)
      .digest('hex'),
    status,
  };
}

/** The revision the caller saw: `"7"`, `W/"7"` or `7`. A route that does not take it ignores the header, as RFC 9110 has it. */
export function ifMatchOf({ concurrency }: Route, headers: Headers): number | undefined {
  const header = headers['if-match'];
  if (header === undefined || concurrency !== 'if-match') return undefined;
  const [, digits] = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header) ?? [];
  if (digits === undefined) throw new DomainError({ code: 'precondition_invalid', header: 'If-Match', rule: 'one revision, such as "7"' });
  return Number(digits);
}

/** The same request hashes the same whatever the order of its fields. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
