import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { authorize } from './authorize.ts';
import type { Issuer } from './issuers.ts';
import { verifyToken } from './verify-token.ts';

const POOL: Issuer = { issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool', audiences: ['people', 'desk'], prefix: '' };
const MEMBERSHIPS = [
  { tenant: 'tenant-1', tenantSlug: 'growing', roles: ['scientist', 'approver'] },
  { tenant: 'tenant-2', tenantSlug: 'steady', roles: ['viewer'] },
];
const INVALID = { isAuthorized: true, context: { principal: '', refusal: 'token_invalid' } };
const PERSON = { sub: 'person-1', username: 'ada', client_id: 'people', token_use: 'access' };
const SERVICE = { sub: 'desk', client_id: 'desk', token_use: 'access' };

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let others: typeof keys;
let keySet: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  keys = await generateKeyPair('RS256', { extractable: true });
  others = await generateKeyPair('RS256', { extractable: true });
  keySet = createLocalJWKSet({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'RS256', kid: 'k1' }] });
});

interface Signing {
  readonly issuer?: string;
  readonly expires?: string;
  readonly key?: Parameters<SignJWT['sign']>[0];
  readonly alg?: string;
}

function signed(
  claims: JWTPayload,
  { issuer = POOL.issuer, expires = '1h', key = keys.privateKey, alg = 'RS256' }: Signing = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid: 'k1' }).setIssuer(issuer).setIssuedAt().setExpirationTime(expires).sign(key);
}

const ask = (authorization: string, tenant: string | undefined = 'growing') =>
  authorize(
    { headers: { authorization, 'sluice-tenant': tenant } },
    { verify: (token) => verifyToken(token, [POOL], () => keySet), membershipsOf: async (id) => (id === 'stranger' ? [] : MEMBERSHIPS) },
  );

describe('a token that can be trusted', () => {
  it.each([
    { name: 'a person', claims: PERSON, kind: 'user' },
    { name: 'a service', claims: SERVICE, kind: 'service' },
    {
      name: 'an audience instead of a client',
      claims: { sub: 'person-1', preferred_username: 'ada', aud: ['other', 'people'] },
      kind: 'user',
    },
  ])('of $name says who it is, and the membership what they are', async ({ claims, kind }) => {
    expect(await ask(`Bearer ${await signed(claims)}`)).toEqual({
      isAuthorized: true,
      context: { principal: claims.sub, kind, tenant: 'tenant-1', tenantSlug: 'growing', roles: 'scientist,approver' },
    });
  });

  it('names the tenant by its header only', async () => {
    expect(await ask(`Bearer ${await signed({ ...PERSON, tenant: 'tenant-1', roles: 'admin' })}`, 'steady')).toMatchObject({
      context: { tenant: 'tenant-2', roles: 'viewer' },
    });
  });

  it.each([
    { name: 'a tenant it is no member of', claims: PERSON, tenant: 'elsewhere' },
    { name: 'no tenant', claims: PERSON, tenant: '' },
    { name: 'a tenant, without any membership', claims: { ...PERSON, sub: 'stranger' }, tenant: 'growing' },
  ])('naming $name gets no tenant and no roles', async ({ claims, tenant }) => {
    expect(await ask(`Bearer ${await signed(claims)}`, tenant)).toMatchObject({
      isAuthorized: true,
      context: { tenant: '', tenantSlug: '', roles: '' },
    });
  });
});

describe('a token that is not to be trusted', () => {
  it.each<{ name: string; make: () => Promise<string> | string }>([
    { name: 'expired and of another key', make: () => signed(PERSON, { expires: '-1m', key: others.privateKey }) },
    { name: 'of another issuer', make: () => signed(PERSON, { issuer: 'https://example.com' }) },
    { name: 'signed by another key', make: () => signed(PERSON, { key: others.privateKey }) },
    { name: 'for another client', make: () => signed({ ...PERSON, client_id: 'elsewhere' }) },
    { name: 'for nobody', make: () => signed({ sub: 'person-1', username: 'ada' }) },
    { name: 'an id token', make: () => signed({ ...PERSON, token_use: 'id' }) },
    { name: 'without a subject', make: () => signed({ username: 'ada', client_id: 'people' }) },
    {
      name: 'in need of an extension nobody knows',
      make: () =>
        new SignJWT(PERSON)
          .setProtectedHeader({ alg: 'RS256', kid: 'k1', crit: ['urn:x'], 'urn:x': 1 })
          .setIssuer(POOL.issuer)
          .setExpirationTime('1h')
          .sign(keys.privateKey, { crit: { 'urn:x': true } }),
    },
    { name: 'unsigned', make: () => new UnsecuredJWT(PERSON).setIssuer(POOL.issuer).setExpirationTime('1h').encode() },
    {
      name: 'signed with the public key as a secret',
      make: async () => signed(PERSON, { alg: 'HS256', key: new TextEncoder().encode(await exportSPKI(keys.publicKey)) }),
    },
    {
      name: 'changed after signing',
      make: async () =>
        (await signed(PERSON)).replace(
          /\.[\w-]+\./,
          `.${Buffer.from(JSON.stringify({ ...PERSON, sub: 'admin', iss: POOL.issuer, exp: 4e9 })).toString('base64url')}.`,
        ),
    },
    { name: 'no token', make: () => 'nonsense' },
  ])('$name', async ({ make }) => {
    expect(await ask(`Bearer ${await make()}`)).toEqual(INVALID);
  });

  it('or is not sent as a bearer token', async () => {
    const token = await signed(PERSON);
    expect(await ask(token)).toEqual(INVALID);
    expect(await ask(`Basic ${token}`)).toEqual(INVALID);
    expect(await authorize({}, { verify: async () => undefined, membershipsOf: async () => [] })).toEqual(INVALID);
  });
});

describe('keys that cannot be had', () => {
  it.each([
    { name: 'an issuer that is down', answer: { status: 503, body: 'asleep' } },
    { name: 'a page in place of keys', answer: { status: 200, body: '<html>' } },
    { name: 'something else in place of keys', answer: { status: 200, body: '{"hello":1}' } },
    { name: 'nobody there', answer: undefined },
  ])('say nothing about a token: $name', async ({ answer }) => {
    const server = createServer((_, response) => response.writeHead(answer?.status ?? 500).end(answer?.body));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    if (!answer) server.close();
    const keysOf = () => createRemoteJWKSet(new URL(`http://127.0.0.1:${port}/keys`), { timeoutDuration: 1000 });
    await expect(verifyToken(await signed(PERSON), [POOL], keysOf)).rejects.toThrow();
    server.close();
  });
});

it('that has had its time is told so, and is nobody', async () => {
  expect(await ask(`Bearer ${await signed(PERSON, { expires: '-1m' })}`)).toEqual({
    isAuthorized: true,
    context: { principal: '', refusal: 'token_expired' },
  });
});
