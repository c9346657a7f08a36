import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import { telemetry } from '#functions/_telemetry/telemetry.ts';
import { type AuthorizerAnswer, type AuthorizerEvent, authorize } from './authorize.ts';
import { type Issuer, jwksUrl, parseIssuers } from './issuers.ts';
import { verifyToken } from './verify-token.ts';

const issuers = parseIssuers(process.env['ISSUERS']);
const memberships = dynamoMemberships(new DynamoDBClient({}), process.env['MEMBERSHIP_TABLE'] ?? '');
const { logger } = telemetry('authorizer', process.env);

// One set of keys per issuer and container; jose fetches it again only for a key it does not know.
const keySets = new Map<Issuer, JWTVerifyGetKey>(
  issuers.map((issuer) => [issuer, createRemoteJWKSet(jwksUrl(issuer, process.env['AWS_ENDPOINT_URL']), { timeoutDuration: 3000 })]),
);

const keysOf = (issuer: Issuer): JWTVerifyGetKey => {
  const keys = keySets.get(issuer);
  if (!keys) throw new Error(`no keys for ${issuer.issuer}`);
  return keys;
};

export async function handler(event: AuthorizerEvent): Promise<AuthorizerAnswer> {
  try {
    return await authorize(event, {
      verify: (token) => verifyToken(token, issuers, keysOf),
      membershipsOf: (principal) => memberships.of(principal),
    });
  } catch (error) {
    logger.error('the caller could not be checked', { error: error as Error });
    throw error;
  }
}
