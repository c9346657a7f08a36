import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';

const ISSUER = 'https://issuer.test';
const AUDIENCE = 'sluice';

export interface Bearer {
  readonly id: string;
  readonly kind: 'user' | 'service';
}

/** What a token can be that nobody may believe. */
export const FORGERIES = [
  'none at all',
  'no token',
  'alg none',
  'another key',
  'a changed payload',
  'the public key as a secret',
  'an id token',
  'expired',
  'another issuer',
  'another audience',
] as const;
export type Forgery = (typeof FORGERIES)[number];

/** An identity provider of the tests' own: an issuer that the stage knows, with keys that are made here. */
export async function identityProvider() {
  const [ours, others] = await Promise.all([generateKeyPair('ES256', { extractable: true }), generateKeyPair('ES256')]);
  const secret = new TextEncoder().encode(await exportSPKI(ours.publicKey));
  const kid = 'key-1';

  const claims = ({ id, kind }: Bearer, client = AUDIENCE): JWTPayload => ({
    client_id: client,
    token_use: 'access',
    ...(kind === 'user' ? { username: id } : {}),
  });

  interface Changes {
    readonly alg?: string;
    readonly issuer?: string;
    readonly client?: string;
    readonly expires?: string;
    readonly use?: string;
  }

  function prepared(bearer: Bearer, { alg = 'ES256', issuer = ISSUER, client = AUDIENCE, expires = '2h', use = 'access' }: Changes = {}) {
    return new SignJWT({ ...claims(bearer, client), token_use: use })
      .setProtectedHeader({ alg, kid })
      .setSubject(bearer.id)
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime(expires);
  }

  return {
    jwks: { keys: [{ ...(await exportJWK(ours.publicKey)), kid, alg: 'ES256', use: 'sig' }] },
    issuers: (jwksUri: string) => JSON.stringify([{ issuer: ISSUER, jwksUri, audiences: [AUDIENCE] }]),
    token: (bearer: Bearer) => prepared(bearer).sign(ours.privateKey),
    /** The value of the header; undefined where none is sent. */
    async forged(bearer: Bearer, forgery: Forgery): Promise<string | undefined> {
      switch (forgery) {
        case 'none at all':
          return undefined;
        case 'no token':
          return 'Bearer nonsense';
        case 'alg none':
          return `Bearer ${new UnsecuredJWT(claims(bearer)).setSubject(bearer.id).setIssuer(ISSUER).setExpirationTime('2h').encode()}`;
        case 'another key':
          return `Bearer ${await prepared(bearer).sign(others.privateKey)}`;
        case 'a changed payload': {
          const [header, payload = '', signature] = (await prepared({ ...bearer, id: 'somebody-else' }).sign(ours.privateKey)).split('.');
          const changed = { ...JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')), sub: bearer.id };
          return `Bearer ${header}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`;
        }
        case 'the public key as a secret':
          return `Bearer ${await prepared(bearer, { alg: 'HS256' }).sign(secret)}`;
        case 'an id token':
          return `Bearer ${await prepared(bearer, { use: 'id' }).sign(ours.privateKey)}`;
        case 'expired':
          return `Bearer ${await prepared(bearer, { expires: '-1h' }).sign(ours.privateKey)}`;
        case 'another issuer':
          return `Bearer ${await prepared(bearer, { issuer: 'https://another.test' }).sign(ours.privateKey)}`;
        case 'another audience':
          return `Bearer ${await prepared(bearer, { client: 'another-client' }).sign(ours.privateKey)}`;
      }
    },
  };
}
