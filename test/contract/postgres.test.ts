import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { type ControlPlane, controlPlane } from '#adapters/postgres/control-plane.ts';
import { postgresDataInUse } from '#adapters/postgres/data-in-use.ts';
import type { Context } from '#core/kernel/index.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { approvalsContract } from './approvals-contract.ts';
import { batchesContract } from './batches-contract.ts';
import { dataInUseContract } from './data-in-use-contract.ts';
import { datasetsContract } from './datasets-contract.ts';
import { evaluationsContract } from './evaluations-contract.ts';
import { executionsContract } from './executions-contract.ts';
import { experimentsContract } from './experiments-contract.ts';
import { membersContract } from './members-contract.ts';
import { monitorsContract } from './monitors-contract.ts';
import { policiesContract } from './policies-contract.ts';
import { registryContract } from './registry-contract.ts';
import { retrainingsContract } from './retrainings-contract.ts';
import { rolloutsContract } from './rollouts-contract.ts';
import { runsContract } from './runs-contract.ts';
import { stepsContract } from './steps-contract.ts';
import { tenantsContract } from './tenants-contract.ts';
import type { Transactions } from './transactions.ts';
import { webhooksContract } from './webhooks-contract.ts';

let postgres: TestPostgres;
let plane: ControlPlane;

beforeAll(async () => {
  postgres = await startPostgres();
  plane = controlPlane({ pool: postgres.pool, bell: { ring: async () => undefined } });
});
afterAll(() => postgres?.stop());

function within(tenant: string): Transactions {
  const ctx: Context = { tenant, principal: { id: 'ada', kind: 'user', roles: [] }, now: new Date(), requestId: randomUUID() };
  return { ctx, write: (work) => plane.write(ctx, {}, work), read: (work) => plane.read(ctx, work) };
}

const open = async () => within((await postgres.newTenant()).id);

describe('in Postgres', () => {
  tenantsContract(async () => within(randomUUID()));
  datasetsContract(open);
  experimentsContract(open);
  runsContract(open);
  executionsContract(open);
  stepsContract(open);
  evaluationsContract(open);
  registryContract(open);
  rolloutsContract(open);
  monitorsContract(open);
  membersContract(open);
  approvalsContract(open);
  policiesContract(open);
  webhooksContract(open);
  retrainingsContract(open);
  batchesContract(open);
  dataInUseContract(open, () => postgresDataInUse(postgres.pool));
});
