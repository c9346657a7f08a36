import { setTimeout as sleep } from 'node:timers/promises';
import type { Rung } from '#adapters/dynamodb/bell.ts';
import type { IntentState, OutboxMessage } from '#adapters/postgres/outbox.ts';

export interface Publishing {
  /** What became of the writer, as `read-outbox` knows it. */
  ask(rung: Rung): Promise<IntentState>;
  /** Takes one message where it goes; taking it there again must change nothing. */
  deliver(tenant: string, message: OutboxMessage): Promise<void>;
  mark(tenant: string, ids: readonly string[]): Promise<void>;
  /** Gives every row that the tenant's audit has by now its place in the chain, and keeps the evidence. */
  seal(tenant: string): Promise<void>;
  silence(intent: string): Promise<void>;
  /** What became of an execution that stands in another's way. */
  check(rung: Rung, execution: string): Promise<string>;
  now(): number;
}

/** Everything was told, and the audit chain waits: what the stream need not hold up other bells for. */
export class NotSealed extends Error {}

/** Far beyond any transaction's own limits. */
const GIVE_UP_MS = 60_000;
const ASK_AGAIN_MS = 200;

/**
 * Publishes what one bell stands for, at least once: each message is delivered, then marked, then the audit is sealed, and only then
 * is the bell silenced. Whatever breaks in between is thrown, and the stream brings the bell again.
 * @throws {NotSealed} only the sealing is left to do; the sweep finds the bell
 * @returns how many messages were delivered; 0 for a write that was rolled back or published before
 */
export async function publishIntent(publishing: Publishing, rung: Rung): Promise<number> {
  const messages = await messagesOf(publishing, rung);
  const delivered: string[] = [];
  try {
    for (const message of messages) {
      await publishing.deliver(rung.tenant, message);
      delivered.push(message.id);
    }
  } finally {
    if (delivered.length > 0) await publishing.mark(rung.tenant, delivered);
  }
  try {
    await publishing.seal(rung.tenant);
  } catch (cause) {
    throw new NotSealed(`The audit of tenant ${rung.tenant} could not be sealed`, { cause });
  }
  await publishing.silence(rung.intent);
  return delivered.length;
}

async function messagesOf({ ask, now }: Publishing, rung: Rung): Promise<readonly OutboxMessage[]> {
  for (;;) {
    const answer = await ask(rung);
    if (answer.state === 'ended') return answer.messages;
    if (now() - rung.rungAt.getTime() > GIVE_UP_MS)
      throw new Error(`The write of intent ${rung.intent} has not ended after ${GIVE_UP_MS / 1000} s`);
    await sleep(ASK_AGAIN_MS);
  }
}
