import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Issuer } from './issuers.ts';

/** Whom a token speaks for. */
export interface Identity {
  readonly id: string;
  readonly kind: 'user' | 'service';
}

/** A token that the issuer did sign, but that has had its time: its owner deserves to be told. */
export const EXPIRED = 'expired';

/** Signatures that only the issuer can make: no `none`, and no HMAC, which would take the public key for a secret. */
const ALGORITHMS = ['RS256', 'ES256'];
const CLOCK_TOLERANCE_SECONDS = 5;

/** What jose throws because of the token. Its other errors speak of the issuer's keys, and those of the network are no errors of its own. */
const OF_THE_TOKEN = [
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTInvalid,
  errors.JWTClaimValidationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/**
 * Who the bearer token speaks for, or undefined when it is not to be trusted: bad signature, wrong issuer, not for us, an id token.
 *
 * @throws when the issuer's keys cannot be fetched: that says nothing about the token
 */
export async function verifyToken(
  token: string,
  issuers: readonly Issuer[],
  keysOf: (issuer: Issuer) => JWTVerifyGetKey,
): Promise<Identity | typeof EXPIRED | undefined> {
  try {
    // Unverified here, it only selects the keys; jwtVerify holds the token to the same issuer.
    const issuer = issuers.find((each) => each.issuer === decodeJwt(token).iss);
    if (!issuer) return undefined;
    const { payload } = await jwtVerify(token, keysOf(issuer), {
      issuer: issuer.issuer,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'exp'],
    });
    const client = payload['client_id'] ?? payload['azp'];
    // Cognito's access tokens name the client where others name the audience.
    const audiences = [payload.aud, client].flat().filter((each) => typeof each === 'string');
    if (!audiences.some((audience) => issuer.audiences.includes(audience))) return undefined;
    if (payload['token_use'] !== undefined && payload['token_use'] !== 'access') return undefined;
    const hasUsername = ['username', 'cognito:username', 'preferred_username'].some((claim) => typeof payload[claim] === 'string');
    const kind = hasUsername && payload.sub !== client ? 'user' : 'service';
    return { id: `${issuer.prefix}${payload.sub}`, kind };
  } catch (error) {
    // jose checks the time only after the signature.
    if (error instanceof errors.JWTExpired) return EXPIRED;
    if (OF_THE_TOKEN.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}
