import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { apiClient } from '../../../examples/flights/client.ts';
import { type Identity, identities } from '../../../examples/flights/identities.ts';
import { administer, type Tenant } from '../../../examples/flights/tenants.ts';
import { startRegion, stopRegion } from '../../../local/region.ts';
import { type DeployedApp, deployApp } from '../../../setup/deployed-app.ts';
import type { Finding } from '../invariants/finding.ts';
import type { Actor } from '../real/actor.ts';
import { MODEL } from '../real/learn.ts';
import { openStores, type Stores } from '../real/stores.ts';
import { stubbornly } from '../real/stubbornly.ts';
import { strikeEngine } from './kill-engine.ts';
import { within } from './open-moments.ts';

export interface LoseStateProps {
  readonly root: string;
  readonly regionFolder: string;
  /** Where clients call. */
  readonly baseUrl: string;
  readonly note: (line: string) => void;
}

/**
 * Kills the engine, removes everything that it kept but objects and users, and does what `npm start` does: region up, deploy. Nothing
 * else is done by hand.
 */
export async function loseState({ root, regionFolder, note }: LoseStateProps): Promise<{
  readonly app: DeployedApp;
  readonly stores: Stores;
}> {
  await strikeEngine(regionFolder);
  await stopRegion({ root, folder: regionFolder, say: note });
  await rm(join(regionFolder, 'aws', 'state'), { recursive: true });
  const region = await startRegion({ root, folder: regionFolder, say: note, lifetime: 'parent' });
  const app = await deployApp(root, region, note, { outputs: join(regionFolder, '..', 'outputs.json') });
  return { app, stores: await openStores(regionFolder, region, app) };
}

/** What a tenant has and must have again. */
export interface Belongings {
  readonly people: readonly string[];
  readonly model: unknown;
  /** Of the same rows each time, with the version that gave them. */
  readonly scores: readonly unknown[];
}

const ROWS = Array.from({ length: 8 }, (_, at) => ({ features: { size: at * 13, colour: at % 2 ? 'red' : 'blue' } }));

export async function belongingsOf({ tenant, ledger }: Actor): Promise<Belongings> {
  const { slug, asScientist, asService, scientist, approver, service } = tenant;
  const { latestVersion, liveVersion, aliases } = await stubbornly(() =>
    asScientist.get<Readonly<Record<string, unknown>>>(`/v1/models/${MODEL}`),
  );
  const { predictions } = await stubbornly(() =>
    asService.post<{ predictions: readonly { readonly id: string; readonly score: number; readonly version: number }[] }>(
      `/v1/models/${MODEL}/predictions`,
      { rows: ROWS },
    ),
  );
  for (const { id } of predictions) ledger.add({ tenant: slug, kind: 'prediction', id, model: MODEL });
  return {
    people: [scientist, approver, service].map(({ principal }) => principal),
    model: { latestVersion, liveVersion, aliases },
    scores: predictions.map(({ score, version }) => ({ score, version })),
  };
}

/** Each thing that is not what it was. */
export function missed(slug: string, before: Belongings, after: Belongings): readonly Finding[] {
  return (Object.keys(before) as (keyof Belongings)[]).flatMap((what): Finding[] => {
    const [was, is] = [JSON.stringify(before[what]), JSON.stringify(after[what])];
    return was === is ? [] : [{ sort: 'lost', what: `the ${what} of ${slug} were ${was} and are ${is}` }];
  });
}

/** The same people and the same service, signing in again: nobody makes them members. */
export async function signedInAgain(app: DeployedApp, baseUrl: string, actor: Actor): Promise<Actor> {
  const { slug } = actor.tenant;
  const pool = identities(app);
  const [scientist, approver] = await Promise.all([pool.person(`${slug}-scientist`), pool.person(`${slug}-approver`)]);
  return { ...actor, tenant: withPeople(actor.tenant, baseUrl, { scientist, approver, service: await pool.service() }) };
}

const IN_FORCE_MS = 90_000;

/** The way back of `docs/runbooks/lost-user-pool.md`: an admin who is entered by the platform enters another approver and removes the old one. */
export async function enteredAnew(app: DeployedApp, baseUrl: string, actor: Actor): Promise<Actor> {
  const { slug, approver: old } = actor.tenant;
  const pool = identities(app);
  const [admin, approver] = await Promise.all([pool.person(`${slug}-admin-anew`), pool.person(`${slug}-approver-anew`)]);
  const { principal, kind, displayName } = admin;
  const lambda = new LambdaClient(app.aws);
  await administer(lambda, app, { action: 'put-member', tenant: slug, principal, kind, displayName, roles: ['admin'] });
  const asAdmin = apiClient(baseUrl, slug, admin.token);
  const member = { kind: approver.kind, displayName: approver.displayName, roles: ['approver'] };
  await stubbornly(() => asAdmin.put(`/v1/members/${approver.principal}`, member));
  await stubbornly(() => asAdmin.delete(`/v1/members/${old.principal}`));
  const tenant = withPeople(actor.tenant, baseUrl, { ...actor.tenant, approver });
  const isIn = () =>
    tenant.asApprover.get('/v1/approvals').then(
      () => true,
      () => false,
    );
  if (!(await within(IN_FORCE_MS, isIn))) throw new Error(`the new approver of ${slug} is not let in`);
  return { ...actor, tenant };
}

function withPeople(
  tenant: Tenant,
  baseUrl: string,
  { scientist, approver, service }: Readonly<Record<'scientist' | 'approver' | 'service', Identity>>,
): Tenant {
  const as = (who: Identity) => apiClient(baseUrl, tenant.slug, who.token);
  const clients = { asScientist: as(scientist), asApprover: as(approver), asService: as(service) };
  return { ...tenant, scientist, approver, service, ...clients };
}
