import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Context, Recorded } from '#core/kernel/index.ts';
import type { Tables } from './tables.ts';

/** Held until the writer's transaction ends, so that a reader who gets it knows that the intent was committed or never will be. */
export async function announceIntent(trx: Transaction<Tables>, intent: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`intent/${intent}`}, 0))`.execute(trx);
}

/** EventBridge, Step Functions and a task's answer take 256 KiB; this leaves room for the envelope. */
const LARGEST_FACT_BYTES = 240 * 1024;

/**
 * An audit row and an outbox message per fact. A fact that no destination takes fails the write: told later, it would hang in the outbox and
 * hold back all that follows. Orders to the orchestrator carry secrets (task tokens), so the audit row keeps those out.
 */
export async function writeFacts(trx: Transaction<Tables>, ctx: Context, intent: string, facts: readonly Recorded[]): Promise<void> {
  const told = facts.map((fact) => ({ ...fact, text: textOf(fact) }));
  const next = await claimSequences(trx, facts);
  const common = { traceparent: ctx.traceparent ?? null };
  await trx
    .insertInto('audit')
    .values(
      told.map(({ type, subject, destination, text }) => ({
        ...common,
        id: uuidv7(),
        at: ctx.now,
        principal: ctx.principal.id,
        principal_kind: ctx.principal.kind,
        action: type,
        subject,
        data: destination === 'task' ? '{}' : text,
        request_id: ctx.requestId,
      })),
    )
    .execute();
  await trx
    .insertInto('outbox')
    .values(
      told.map(({ type, subject, destination = 'bus', text }) => ({
        ...common,
        id: uuidv7(),
        intent,
        destination,
        type,
        subject,
        sequence: next(subject),
        data: text,
        created_at: ctx.now,
        published_at: null,
      })),
    )
    .execute();
}

function textOf({ type, subject, data }: Recorded): string {
  const text = JSON.stringify(data);
  const bytes = Buffer.byteLength(text);
  if (bytes > LARGEST_FACT_BYTES)
    throw new Error(`${type} of ${subject} is ${bytes} bytes of ${LARGEST_FACT_BYTES} that a message may have: nothing was written`);
  return text;
}

/** Numbers without gaps per subject, in the order of commits: the counter's row stays locked until then. Sorted, so that two writers never deadlock. */
async function claimSequences(trx: Transaction<Tables>, facts: readonly Recorded[]): Promise<(subject: string) => number> {
  const counts = new Map<string, number>();
  for (const { subject } of facts) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  const claimed = new Map<string, number>();
  for (const [subject, count] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const { last } = await trx
      .insertInto('aggregate_sequence')
      .values({ subject, last: count })
      .onConflict((existing) =>
        existing
          .columns(['tenant_id', 'subject'])
          .doUpdateSet((row) => ({ last: sql<number>`${row.ref('aggregate_sequence.last')} + ${count}` })),
      )
      .returning('last')
      .executeTakeFirstOrThrow();
    claimed.set(subject, last - count);
  }
  return (subject) => {
    const sequence = (claimed.get(subject) ?? 0) + 1;
    claimed.set(subject, sequence);
    return sequence;
  };
}
