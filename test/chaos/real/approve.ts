import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from './actor.ts';
import { stubbornly } from './stubbornly.ts';

const LOOK_MS = 700;
/** Every so many decisions one is a no. */
const NO_EVERY = 6;

/** A second person, who decides whatever waits, retrainings too. */
export function approver({ tenant, ledger, counter }: Actor): () => Promise<void> {
  const { asApprover, slug } = tenant;
  return async () => {
    const { items } = await stubbornly(() =>
      asApprover.get<{ items: readonly { id: string }[] }>('/v1/approvals?status=pending&limit=100'),
    );
    for (const { id } of items) {
      const decision = counter('decide') % NO_EVERY === 0 ? 'rejected' : 'approved';
      const body = { decision, comment: 'looked at' };
      await stubbornly(() => asApprover.post(`/v1/approvals/${id}/decisions`, body, { idempotencyKey: `decide-${id}` }));
      ledger.add({ tenant: slug, kind: 'decision', approval: id, decision });
    }
    await sleep(LOOK_MS);
  };
}
