import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openTenant, type Tenant } from '../../../examples/flights/tenants.ts';
import type { WebhookReceiver } from '../../../examples/flights/webhook-receiver.ts';
import type { Region } from '../../../local/region.ts';
import { type DeployedApp, deployApp } from '../../../setup/deployed-app.ts';
import type { TenantIds } from './acknowledged.ts';
import type { Actor } from './actor.ts';
import { fileCounters } from './counters.ts';
import { fileLedger, type Ledger } from './ledger.ts';
import { type Proxies, proxiesOf } from './proxies.ts';
import { openStores, type Stores } from './stores.ts';
import { stubbornly } from './stubbornly.ts';

export interface StandProps {
  readonly root: string;
  /** Of the run: its region, its ledger. */
  readonly folder: string;
  /** For files that are made and fetched. */
  readonly scratch: string;
  readonly region: Region;
  readonly slugs: readonly string[];
  readonly receiver: WebhookReceiver;
  readonly note: (line: string) => void;
}

/** The app in a region, two tenants in it, and everything that the run looks at and meddles with. */
export interface Stand {
  readonly stores: Stores;
  readonly proxies: Proxies;
  readonly ledger: Ledger;
  readonly actors: readonly Actor[];
  readonly tenants: readonly TenantIds[];
  close(): Promise<void>;
}

/** A dead consumer's messages come again after this time. */
const REDELIVERED_SECONDS = 15;
const MOST_TRIES = 5;

export async function makeStand({ root, folder, scratch, region, slugs, receiver, note }: StandProps): Promise<Stand> {
  const proxies = await proxiesOf(region);
  const outputs = join(folder, 'outputs.json');
  // Functions that were deployed before know proxies that are gone, and a deployment may call some.
  if (existsSync(outputs)) await proxies.direct();
  const deployed = await deployApp(root, region, note, { outputs });
  await proxies.direct();
  const stores = await openStores(join(folder, 'region'), region, deployed);
  await stores.hurryQueues(REDELIVERED_SECONDS);
  const ledger = fileLedger(join(folder, 'acknowledged.jsonl'));
  const counter = fileCounters(join(folder, 'counters.json'));
  const actors: Actor[] = [];
  const tenants: TenantIds[] = [];
  for (const slug of slugs) {
    const tenant = await opened({ ...deployed, baseUrl: proxies.baseUrl }, slug);
    const [row] = await stores.query('select id from tenant where slug = $1', [slug]);
    const callers = [tenant.scientist, tenant.approver, tenant.service].map(({ principal }) => principal);
    tenants.push({ slug, id: String(row?.['id']), callers });
    actors.push({ tenant, ledger, folder: scratch, say: (line) => note(`${slug}: ${line}`), counter: (of) => counter(`${slug}/${of}`) });
    await listen(tenant, receiver, ledger);
  }
  return {
    stores,
    proxies,
    ledger,
    actors,
    tenants,
    close: async () => void (await Promise.all([stores.close(), proxies.close()])),
  };
}

/** On a busy machine a change may not be in force in time; the order says then that it may be given again. */
async function opened(app: DeployedApp, slug: string): Promise<Tenant> {
  for (let tries = 1; ; tries++)
    try {
      return await openTenant(app, 'steady', slug);
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
}

async function listen({ slug, asService }: Tenant, receiver: WebhookReceiver, ledger: Ledger): Promise<void> {
  const endpoint = { url: receiver.urlOf(slug), eventTypes: ['*'] };
  const { id, secret } = await stubbornly(() =>
    asService.post<{ id: string; secret: string }>('/v1/webhooks', endpoint, { idempotencyKey: 'webhook' }),
  );
  receiver.trust(slug, secret);
  // A run that is gone on with asks by the same key and is answered with what there is.
  if (!ledger.of('webhook', slug).some((entry) => entry.id === id)) ledger.add({ tenant: slug, kind: 'webhook', id });
}
