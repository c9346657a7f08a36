import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { DeployedApp } from '../../setup/deployed-app.ts';
import { apiClient, type Client } from './client.ts';
import { type Identity, identities } from './identities.ts';
import type { World } from './rows.ts';

export interface Tenant {
  readonly world: World;
  readonly slug: string;
  readonly scientist: Identity;
  readonly approver: Identity;
  readonly service: Identity;
  readonly asScientist: Client;
  readonly asApprover: Client;
  readonly asService: Client;
}

/** One tenant of the story: its people and its service, all members before this returns. Doing it again changes nothing. */
export async function openTenant(app: DeployedApp, world: World, slug: string): Promise<Tenant> {
  const pool = identities(app);
  const [admin, scientist, approver, service] = await Promise.all([
    pool.person(`${slug}-admin`),
    pool.person(`${slug}-scientist`),
    pool.person(`${slug}-approver`),
    pool.service(),
  ]);
  const lambda = new LambdaClient(app.aws);
  await administer(lambda, app, { action: 'create-tenant', slug, name: `Flights of ${slug}`, admin: member(admin) });
  // The scientist may approve too, but never what he started himself.
  await administer(lambda, app, { action: 'put-member', tenant: slug, ...member(scientist), roles: ['scientist', 'approver'] });
  await administer(lambda, app, { action: 'put-member', tenant: slug, ...member(approver), roles: ['approver'] });
  await administer(lambda, app, { action: 'put-member', tenant: slug, ...member(service), roles: ['operator'] });
  const as = (who: Identity) => apiClient(app.baseUrl, slug, who.token);
  return { world, slug, scientist, approver, service, asScientist: as(scientist), asApprover: as(approver), asService: as(service) };
}

function member({ principal, kind, displayName }: Identity) {
  return { principal, kind, displayName };
}

export async function administer(lambda: LambdaClient, { outputs }: DeployedApp, order: object): Promise<void> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: outputs.AdministerFunctionName, Payload: Buffer.from(JSON.stringify(order)) }),
  );
  const text = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError) throw new Error(`administer refused ${JSON.stringify(order)}: ${text}`);
}
