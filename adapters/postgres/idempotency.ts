import { sql, type Transaction } from 'kysely';
import { type Context, DomainError } from '#core/kernel/index.ts';
import type { Tables } from './tables.ts';

export interface IdempotentRequest {
  readonly key: string;
  /** Method and path of the route, so that one key cannot answer for two routes. */
  readonly route: string;
  /** SHA-256 of everything the caller asked for. */
  readonly requestHash: string;
  readonly status: number;
}

const KEPT_MS = 24 * 60 * 60_000;

/** The first answer under this key, if there is one. Calls with one key queue up here until the transaction of the first ends. */
export async function answered(
  trx: Transaction<Tables>,
  ctx: Context,
  { key, route, requestHash }: IdempotentRequest,
): Promise<{ readonly response: unknown } | undefined> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`idempotency/${ctx.tenant}/${ctx.principal.id}/${key}`}, 0))`.execute(trx);
  const kept = await trx
    .selectFrom('idempotency')
    .select(['route', 'request_hash', 'response'])
    .where('principal', '=', ctx.principal.id)
    .where('key', '=', key)
    .where('expires_at', '>', ctx.now)
    .executeTakeFirst();
  if (!kept) return undefined;
  if (kept.route !== route || kept.request_hash !== requestHash) throw new DomainError({ code: 'idempotency_key_reused', key });
  // Rows of before this was kept as a text are what they say.
  return { response: typeof kept.response === 'string' ? JSON.parse(kept.response) : kept.response };
}

export async function keepAnswer(trx: Transaction<Tables>, ctx: Context, request: IdempotentRequest, response: unknown): Promise<void> {
  const answer = {
    route: request.route,
    request_hash: request.requestHash,
    status: request.status,
    // A text within the document: the document alone would sort its fields, and a repetition must get the bytes of the first answer.
    response: JSON.stringify(JSON.stringify(response ?? null)),
    created_at: ctx.now,
    expires_at: new Date(ctx.now.getTime() + KEPT_MS),
  };
  await trx
    .insertInto('idempotency')
    .values({ principal: ctx.principal.id, key: request.key, ...answer })
    .onConflict((existing) => existing.columns(['tenant_id', 'principal', 'key']).doUpdateSet(answer))
    .execute();
}
