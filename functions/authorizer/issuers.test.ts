import { describe, expect, it } from 'vitest';
import { type Issuer, jwksUrl, parseIssuers } from './issuers.ts';

const POOL: Issuer = { issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool', audiences: ['people'], prefix: '' };
const CORP = { issuer: 'https://login.example.com', jwksUri: 'https://login.example.com/keys', audiences: ['us'], prefix: 'corp:' };

describe('jwksUrl', () => {
  it.each([
    { issuer: POOL, endpoint: undefined, url: `${POOL.issuer}/.well-known/jwks.json` },
    { issuer: POOL, endpoint: 'http://127.0.0.1:4566', url: 'http://127.0.0.1:4566/us-east-1_pool/.well-known/jwks.json' },
    { issuer: CORP, endpoint: 'http://127.0.0.1:4566', url: 'https://login.example.com/keys' },
  ])('$issuer.issuer publishes its keys at $url', ({ issuer, endpoint, url }) => expect(jwksUrl(issuer, endpoint).href).toBe(url));
});

describe('parseIssuers', () => {
  it('takes the own pool and another beside it', () =>
    expect(parseIssuers(JSON.stringify([{ issuer: POOL.issuer, audiences: ['people'] }, CORP]))).toEqual([POOL, CORP]));

  it.each([
    { name: 'one prefix twice', setting: [CORP, { ...CORP, issuer: 'https://b.example.com' }], says: /prefix of its own/ },
    { name: 'keys that nobody knows where to find', setting: [{ ...CORP, jwksUri: undefined }], says: /needs a jwksUri/ },
    { name: 'no audience', setting: [{ ...CORP, audiences: [] }], says: /audiences/ },
    { name: 'no issuer', setting: [], says: /too_small/ },
  ])('refuses $name', ({ setting, says }) => expect(() => parseIssuers(JSON.stringify(setting))).toThrow(says));

  it('refuses a setting that is missing', () => expect(() => parseIssuers(undefined)).toThrow());
});
