import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';

/** One principal's place in one tenant, as the authorizer needs it; a projection of Postgres. */
export interface ProjectedMembership {
  readonly tenant: string;
  readonly tenantSlug: string;
  readonly roles: readonly string[];
}

/** The memberships of a principal, all of them in one query: `pk` is the principal, `sk` the tenant. */
export function dynamoMemberships(client: Pick<DynamoDBClient, 'send'>, table: string) {
  return {
    async of(principal: string): Promise<readonly ProjectedMembership[]> {
      const found: ProjectedMembership[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :principal',
            ExpressionAttributeValues: { ':principal': { S: principal } },
            ...(from ? { ExclusiveStartKey: from } : {}),
          }),
        );
        for (const item of page.Items ?? []) {
          found.push({
            tenant: item['sk']?.S ?? '',
            tenantSlug: item['tenantSlug']?.S ?? '',
            roles: item['roles']?.L?.map((role) => role.S ?? '') ?? item['roles']?.SS ?? [],
          });
        }
        from = page.LastEvaluatedKey;
      } while (from);
      return found;
    },
  };
}
