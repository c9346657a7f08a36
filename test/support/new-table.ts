import { randomUUID } from 'node:crypto';
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** An empty table whose keys are texts, as `infra/constructs/control-tables.ts` makes them; its name. */
export async function newTable(
  dynamo: Pick<DynamoDBClient, 'send'>,
  keys: readonly string[],
  TableName = `table-${randomUUID()}`,
): Promise<string> {
  const make = new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  });
  await dynamo.send(make);
  return TableName;
}
