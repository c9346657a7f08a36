import { type AttributeValue, type DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;

/** Every item of a table that a filter lets through, a page at a time, in no order. */
export async function* scanPages(client: Pick<DynamoDBClient, 'send'>, input: ScanCommandInput): AsyncGenerator<readonly Item[]> {
  let from: Item | undefined;
  do {
    const page = await client.send(new ScanCommand({ ...input, ExclusiveStartKey: from }));
    yield page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from);
}
