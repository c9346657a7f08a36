import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

describe('a text of somebody else’s program', () => {
  it.each([
    ['RuntimeError: password=hunter2 is wrong', 'RuntimeError: password=[redacted] is wrong'],
    [`{"db_password": "hun ter2", "user": "ada"}`, `{"db_password": [redacted], "user": "ada"}`],
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'AWS_SECRET_ACCESS_KEY=[redacted]'],
    ['key AKIAIOSFODNN7EXAMPLE was used', 'key [redacted] was used'],
    ['api_key: abc, then more', 'api_key: [redacted], then more'],
    ['Authorization: Bearer abc.def-ghi~1234', 'Authorization: Bearer [redacted]'],
    ['got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', 'got [redacted]'],
    ['postgres://ada:s3cret@db.example:5432/x failed', 'postgres://ada:[redacted]@db.example:5432/x failed'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345', '[redacted]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter', '[redacted]\nafter'],
    ['-----BEGIN PRIVATE KEY-----\ncut off', '[redacted]'],
  ])('%s → %s', (text, shown) => expect(redact(text)).toBe(shown));

  it.each([
    'AlgorithmError: ExecuteUserScriptError: ExitCode 1 ErrorMessage "RuntimeError: the moon is full"',
    'ValueError: could not convert string to float: red',
    'https://example.com:8080/path?x=1 answered 500',
    'the passwordless door; a token too many; no secret here',
  ])('keeps %s', (text) => expect(redact(text)).toBe(text));

  it('hides a value behind whichever name and sign, and stays the same when it is hidden twice', () => {
    const name = fc.constantFrom('password', 'MY_SECRET', 'api-key', 'refresh_token', 'Passwd', 'awsAccessKey');
    const value = fc.stringMatching(/^[A-Za-z0-9+/=_-]{6,40}$/).filter((text) => !/redacted/.test(text));
    fc.assert(
      fc.property(name, fc.constantFrom('=', ': ', ' = ', '=>', '="'), value, (named, sign, secret) => {
        const shown = redact(`before ${named}${sign}${secret}${sign.endsWith('"') ? '"' : ''} after`);
        expect(shown).not.toContain(secret);
        expect(shown).toContain(' after');
        expect(redact(shown)).toBe(shown);
      }),
    );
  });

  it('is looked through in no time, however long', () => {
    const begun = performance.now();
    for (const text of [
      'token'.repeat(50_000),
      'a.'.repeat(100_000),
      `://${':'.repeat(100_000)}`,
      '-----BEGIN PRIVATE KEY-----'.repeat(5_000),
    ])
      expect(redact(text).length).toBeLessThanOrEqual(8192);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
