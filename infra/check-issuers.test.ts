import { describe, expect, it } from 'vitest';
import { checkIssuers } from './check-issuers.ts';
import type { Issuer } from './config.ts';

const CORP: Issuer = {
  issuer: 'https://login.example.com',
  jwksUri: 'https://login.example.com/keys',
  audiences: ['sluice'],
  prefix: 'corp:',
};
const POOL: Issuer = { issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc', audiences: ['people'] };
const without = (issuer: Issuer, key: keyof Issuer): Issuer =>
  Object.fromEntries(Object.entries(issuer).filter(([name]) => name !== key)) as never;

describe('checkIssuers', () => {
  it.each([
    { name: 'none beside the own pool', issuers: [], own: true },
    { name: 'one beside the own pool', issuers: [CORP], own: true },
    { name: 'a single one without a prefix', issuers: [without(CORP, 'prefix')], own: false },
    { name: "another's Cognito pool, whose keys are known to be where they are", issuers: [{ ...POOL, prefix: 'b:' }], own: true },
  ])('takes $name', ({ issuers, own }) => expect(() => checkIssuers(issuers, own)).not.toThrow());

  it.each([
    {
      name: 'no prefix beside the own pool',
      issuers: [without(CORP, 'prefix')],
      own: true,
      says: /the own user pool and https:\/\/login.*prefix ""/,
    },
    { name: 'one prefix twice', issuers: [CORP, { ...POOL, prefix: 'corp:' }], own: false, says: /same prefix "corp:"/ },
    { name: 'keys that nobody knows where to find', issuers: [without(CORP, 'jwksUri')], own: true, says: /needs a jwksUri/ },
    { name: 'no audience', issuers: [{ ...CORP, audiences: [] }], own: true, says: /at least one audience/ },
  ])('refuses $name', ({ issuers, own, says }) => expect(() => checkIssuers(issuers, own)).toThrow(says));
});
