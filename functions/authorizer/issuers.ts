import * as z from 'zod';

const COGNITO = /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com\/([\w-]+)$/;

const Issuer = z
  .strictObject({
    issuer: z.url(),
    /** Where it publishes its keys; known only of Cognito. */
    jwksUri: z.url().optional(),
    /** Client ids or audiences whose tokens are meant for us. */
    audiences: z.array(z.string().min(1)).min(1),
    /** Put before the subject, so that two issuers cannot give two people one id. */
    prefix: z.string().default(''),
  })
  .refine(({ issuer, jwksUri }) => jwksUri !== undefined || COGNITO.test(issuer), 'an issuer that is not Cognito needs a jwksUri');

export type Issuer = z.output<typeof Issuer>;

const Issuers = z
  .array(Issuer)
  .min(1)
  .refine((issuers) => new Set(issuers.map(({ prefix }) => prefix)).size === issuers.length, 'every issuer needs a prefix of its own');

/** The identity providers of the stage; throws at cold start when the setting is wrong. */
export function parseIssuers(json: string | undefined): readonly Issuer[] {
  return Issuers.parse(JSON.parse(json ?? '[]'));
}

/**
 * Where an issuer publishes its keys.
 *
 * @param endpoint what the AWS SDK is told to use in place of AWS, if anything: a Cognito pool's keys live there too,
 *   while the `iss` of its tokens stays the AWS address
 */
export function jwksUrl({ issuer, jwksUri }: Issuer, endpoint: string | undefined): URL {
  if (jwksUri) return new URL(jwksUri);
  const pool = COGNITO.exec(issuer)?.[1];
  return new URL(`${endpoint && pool ? `${endpoint}/${pool}` : issuer}/.well-known/jwks.json`);
}
