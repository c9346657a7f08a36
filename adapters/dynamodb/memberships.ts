import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';

/** One principal's place in one tenant, as the authorizer needs it; a projection of Postgres. */
export interface ProjectedMembership {
  readonly tenant: string;
  readonly tenantSlug: string;
  readonly roles: readonly string[];
}

/** What the outbox projects. Somebody removed keeps an item without roles, so that an older projection cannot bring them back. */
export interface MembershipProjection extends ProjectedMembership {
  readonly principal: string;
  readonly kind: 'user' | 'service';
  readonly revision: number;
}

/** The memberships of a principal, all of them in one query: `pk` is the principal, `sk` the tenant. */
export function dynamoMemberships(client: Pick<DynamoDBClient, 'send'>, table: string) {
  return {
    /** Those that hold a role. */
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
      return found.filter(({ roles }) => roles.length > 0);
    },
    /** Later revisions win whatever the order they arrive in; an older or equal one changes nothing. */
    async project({ principal, tenant, tenantSlug, kind, roles, revision }: MembershipProjection): Promise<void> {
      const put = new PutItemCommand({
        TableName: table,
        Item: {
          pk: { S: principal },
          sk: { S: tenant },
          tenantSlug: { S: tenantSlug },
          kind: { S: kind },
          roles: { L: roles.map((role) => ({ S: role })) },
          revision: { N: String(revision) },
        },
        ConditionExpression: 'attribute_not_exists(pk) OR #revision < :revision',
        ExpressionAttributeNames: { '#revision': 'revision' },
        ExpressionAttributeValues: { ':revision': { N: String(revision) } },
      });
      await client.send(put).catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },
  };
}
