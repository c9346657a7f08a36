import { readFile } from 'node:fs/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { keepFigures } from '../../support/figures.ts';
import { type DeployedRole, deployedRoles, type Grant, rolePolicy } from '../role-grants.ts';
import { MANAGED, UNEXERCISED } from '../unexercised-grants.ts';

const app = inject('app');
/** A region that was up before is as it was started. */
const isEnforced = inject('enforcesIam');
let roles: readonly DeployedRole[];
let decisions: readonly Decision[];

interface Decision extends Grant {
  readonly role: string;
  readonly allowed: boolean;
}

async function recorded(): Promise<readonly Decision[]> {
  return (await readFile(inject('accessRecord'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Decision);
}

const reasonsFor = (role: string, { action, resource }: Grant) =>
  UNEXERCISED.filter((each) => (each.role ?? ANY).test(role) && each.action.test(action) && (each.resource ?? ANY).test(resource));
const ANY = /^/;

beforeAll(async () => {
  if (!isEnforced) return;
  roles = await deployedRoles(app);
  decisions = await recorded();
});

const isExercised = (role: DeployedRole, { action, resource }: Grant) =>
  decisions.some((each) => each.allowed && each.role === role.name && each.action === action && each.resource === resource);

describe.skipIf(!isEnforced)('with every grant enforced', () => {
  it('no call of the whole run was denied', () => {
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([]);
  });

  it('each grant was used, or says why not; no reason outlives its need', async () => {
    const table = roles.map((role) => {
      const unused = role.grants.filter((grant) => !isExercised(role, grant));
      return { role, unused, exercised: role.grants.length - unused.length };
    });
    process.stderr.write(
      table
        .map(
          ({ role, unused, exercised }) =>
            `${role.id}: ${exercised} of ${role.grants.length} grants exercised${unused.map((grant) => `\n    ${grant.action} on ${grant.resource}: ${reasonsFor(role.id, grant)[0]?.reason ?? 'NO REASON'}`).join('')}`,
        )
        .join('\n'),
    );
    const unused = table.flatMap(({ role, unused: grants }) => grants.map((grant) => ({ role: role.id, ...grant })));
    expect(unused.filter((grant) => reasonsFor(grant.role, grant).length === 0)).toEqual([]);
    const needed = new Set(unused.flatMap((grant) => reasonsFor(grant.role, grant)));
    expect(UNEXERCISED.filter((each) => !each.sometimes && !needed.has(each)).map(({ reason }) => reason)).toEqual([]);
    expect([...new Set(roles.flatMap(({ managed }) => managed))].sort()).toEqual(Object.keys(MANAGED).sort());
    const granted = roles.reduce((sum, { grants }) => sum + grants.length, 0);
    await keepFigures('iam', {
      roles: roles.length,
      granted,
      exercised: granted - unused.length,
      unexercisedWithReason: unused.length,
      denied: decisions.filter(({ allowed }) => !allowed).length,
    });
  });
});

describe.skipIf(!isEnforced)('a role without one of its grants', () => {
  const lambda = new LambdaClient(app.aws);
  afterAll(() => lambda.destroy());

  it('is denied, says so, and works again with it', async () => {
    const role = roles.find(({ id }) => id === 'Control/Administer');
    if (!role) throw new Error('there is no role Control/Administer');
    const order = {
      action: 'create-tenant',
      slug: `${inject('prefix')}denied`,
      name: 'Denied',
      admin: { principal: 'p', kind: 'user', displayName: 'P' },
    };
    const call = async () => {
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: app.outputs.AdministerFunctionName, Payload: Buffer.from(JSON.stringify(order)) }),
      );
      return { failed: answer.FunctionError !== undefined, text: Buffer.from(answer.Payload ?? []).toString() };
    };
    const policy = await rolePolicy(app, role.name);
    const without = policy.document.Statement.filter(({ Action }) => !JSON.stringify(Action).includes('dynamodb:'));
    expect(without.length).toBeLessThan(policy.document.Statement.length);
    await policy.put({ ...policy.document, Statement: without });
    try {
      const denied = await call();
      expect(denied, denied.text).toMatchObject({
        failed: true,
        text: expect.stringMatching(/not authorized to perform: dynamodb:PutItem/),
      });
      expect((await recorded()).filter(({ allowed }) => !allowed)).toEqual([
        expect.objectContaining({ role: role.name, action: 'dynamodb:PutItem' }),
      ]);
    } finally {
      await policy.put(policy.document);
    }
    expect((await call()).failed).toBe(false);
  });
});
