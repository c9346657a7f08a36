import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parsePostgresSecret } from '#adapters/postgres/secret.ts';
import { completedSecret } from './complete-secret.ts';

const OWNER = parsePostgresSecret(JSON.stringify({ host: 'h', port: '5432', dbname: 'd', username: 'owner', password: 'p' }));

describe('the migrations of the bundle', () => {
  it('are the files of the folder', () => {
    const listed = [...readFileSync(new URL('migrations.ts', import.meta.url), 'utf8').matchAll(/name: '([^']+)'/g)].map(
      ([, name]) => name,
    );
    const files = readdirSync(new URL('../../adapters/postgres/migrations', import.meta.url)).filter((name) => name.endsWith('.sql'));
    expect(listed).toEqual(files.sort());
  });
});

describe('the secret of the app', () => {
  it('gets the place of the database and keeps its own name and password', () => {
    const completed = JSON.parse(completedSecret('{"username":"sluice_app","password":"own"}', OWNER) ?? '{}');
    expect(completed).toEqual({ username: 'sluice_app', password: 'own', host: 'h', port: 5432, dbname: 'd', ssl: 'require' });
  });

  it.each([
    ['it is complete', { host: 'h', port: 5432, dbname: 'd', ssl: 'require' }, false],
    ['its ssl is left to the default', { host: 'h', port: 5432, dbname: 'd' }, false],
    ['the port moved', { host: 'h', port: 5433, dbname: 'd', ssl: 'require' }, true],
    ['its ssl differs', { host: 'h', port: 5432, dbname: 'd', ssl: 'disable' }, true],
  ])('is written or left when %s', (_, place, written) => {
    expect(completedSecret(JSON.stringify({ username: 'a', password: 'b', ...place }), OWNER) !== undefined).toBe(written);
  });

  it.each([
    ['no host', { port: 1, dbname: 'd', username: 'u', password: 'p' }, /"host"/],
    ['no port', { host: 'h', dbname: 'd', username: 'u', password: 'p' }, /"port"/],
    ['an unknown ssl', { host: 'h', port: 1, dbname: 'd', username: 'u', password: 'p', ssl: 'maybe' }, /"ssl"/],
  ])('with %s is refused without telling a value', (_, secret, message) => {
    expect(() => parsePostgresSecret(JSON.stringify(secret))).toThrow(message);
  });
});
