import type { WebhookReceiver } from '../../../examples/flights/webhook-receiver.ts';
import { verifyAuditChain } from '../../support/audit.ts';
import { atRest } from '../invariants/at-rest.ts';
import { championsServe } from '../invariants/champions.ts';
import { factsOnce } from '../invariants/facts.ts';
import type { Finding } from '../invariants/finding.ts';
import { acknowledgedOnce, type TenantIds } from './acknowledged.ts';
import type { Ledger } from './ledger.ts';
import { predictionsLogged } from './logged.ts';
import type { Stores } from './stores.ts';

export interface InvariantsProps {
  readonly stores: Stores;
  readonly ledger: Ledger;
  readonly receiver: Pick<WebhookReceiver, 'received'>;
  readonly tenants: readonly TenantIds[];
  /** For copies of the archive's files. */
  readonly folder: string;
  /** Events of before the receiver was there are none of its. */
  readonly heardSince: Date;
}

/** What must hold of a loop at rest, whatever died before. */
export function invariantsOf({
  stores,
  ledger,
  receiver,
  tenants,
  folder,
  heardSince,
}: InvariantsProps): () => Promise<readonly Finding[]> {
  const logged = predictionsLogged(stores, ledger, folder);
  const everythingHeard = async (): Promise<readonly Finding[]> => {
    const missing = tenants.map(async ({ slug, id }) => {
      const heard = new Set(receiver.received(slug).map((event) => event.id));
      const told = await stores.query(
        `select o.id, o.type, o.subject from outbox o
          where o.tenant_id = $1 and o.destination = 'bus' and o.published_at > $2
            and o.created_at > (select min(created_at) from webhook_endpoint where tenant_id = $1)`,
        [id, heardSince],
      );
      return told.filter((message) => !heard.has(String(message['id'])));
    });
    return (await Promise.all(missing))
      .flat()
      .map(({ type, subject }): Finding => ({ sort: 'lost', what: `${type} of ${subject} reached no webhook` }));
  };
  const chainsIntact = async (): Promise<readonly Finding[]> => {
    const { owner: pool, evidence } = stores;
    const verdicts = tenants.map(async ({ slug, id }) => ({ slug, ...(await verifyAuditChain({ pool, tenant: id, evidence })) }));
    return (await Promise.all(verdicts)).flatMap(({ slug, finding }): Finding[] =>
      finding ? [{ sort: 'wrong', what: `the audit chain of ${slug} at ${finding.position}: ${finding.kind}, ${finding.reason}` }] : [],
    );
  };
  return async () =>
    (
      await Promise.all([
        atRest(stores.query),
        factsOnce(stores.query),
        chainsIntact(),
        championsServe(stores.query, stores.routing.read),
        acknowledgedOnce(stores.query, ledger, tenants),
        everythingHeard(),
        logged(tenants),
      ])
    ).flat();
}
