import { createHash } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, ListTablesCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { afterAll, expect, inject, it } from 'vitest';
import { apiClient } from '../../examples/flights/client.ts';
import { identities } from '../../examples/flights/identities.ts';
import { openTenant } from '../../examples/flights/tenants.ts';

const app = inject('app');
const dynamo = new DynamoDBClient(app.aws);
const lambda = new LambdaClient(app.aws);
afterAll(() => {
  dynamo.destroy();
  lambda.destroy();
});

interface Upload {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly alreadyThere: boolean;
}

async function invoke(FunctionName: string, order: object): Promise<Readonly<Record<string, unknown>>> {
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(order)) }));
  const text = Buffer.from(Payload ?? []).toString();
  expect(FunctionError, text).toBeUndefined();
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

it('what a policy does not keep is removed by the deployed function, under its own role, and the audit has it', async () => {
  const slug = `${inject('prefix')}retention`;
  const { asService } = await openTenant(app, 'steady', slug);
  const { principal, kind, displayName, token } = await identities(app).person(`${slug}-admin`);
  const asAdmin = apiClient(app.baseUrl, slug, token);
  const admin = { principal, kind, displayName };
  const { tenant } = await invoke(app.outputs.AdministerFunctionName, { action: 'create-tenant', slug, name: `Flights of ${slug}`, admin });
  const body = 'kept for a day';
  const file = { kind: 'batch', sha256: createHash('sha256').update(body).digest('hex'), bytes: body.length };
  const { url, headers } = await asService.post<Upload>('/v1/uploads', file);
  expect((await fetch(url, { method: 'PUT', headers, body })).status).toBe(200);
  expect(await asService.post('/v1/uploads', file)).toMatchObject({ alreadyThere: true });
  await asAdmin.put('/v1/policy', { rules: { retention: { batchDays: 1 } }, comment: 'why' });

  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const at = { TableName: TableNames.find((name) => name.includes('Retained')), Key: { pk: { S: String(tenant) } } };
  const entered = async () => (await dynamo.send(new GetItemCommand({ ...at, ConsistentRead: true }))).Item;
  await expect.poll(entered, { timeout: 120_000 }).toMatchObject({ policyVersion: { N: '1' } });
  // As a look would be that begins in two days, and is due now.
  const times = { ':asOf': { N: String(Date.now() + 2 * 86_400_000) }, ':dueAt': { N: '0' } };
  await dynamo.send(
    new UpdateItemCommand({ ...at, UpdateExpression: 'SET asOf = :asOf, dueAt = :dueAt', ExpressionAttributeValues: times }),
  );
  const names: string[] = [];
  for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {}))
    names.push(...Functions.map(({ FunctionName = '' }) => FunctionName));
  const enforcer = names.find((name) => name.includes('RetentionEnforcer')) ?? '';
  await expect.poll(() => invoke(enforcer, { enforce: true }).then(entered), { timeout: 120_000 }).not.toHaveProperty('asOf');

  expect(await asService.post('/v1/uploads', file)).toMatchObject({ alreadyThere: false });
  const { items } = await asAdmin.get<{ items: readonly object[] }>('/v1/audit?subject=retention');
  const removed = [expect.objectContaining({ setting: 'batchDays', days: 1, objects: 1, bytes: body.length })];
  expect(items).toMatchObject([{ data: { policyVersion: 1, removed } }]);
});
