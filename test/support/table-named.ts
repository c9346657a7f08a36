import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';

/** The one table with this word in its name: names carry what CloudFormation adds. */
export async function tableNamed(dynamo: DynamoDBClient, word: string): Promise<string> {
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const [name, ...others] = TableNames.filter((each) => each.includes(word));
  if (name === undefined || others.length > 0) throw new Error(`not one table has ${word} in its name, of ${TableNames.join(', ')}`);
  return name;
}
