import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import * as standIn from './node-url.ts';

const { outputFiles } = buildSync({
  stdin: { contents: "export { ConnectionString } from 'mongodb-connection-string-url';", resolveDir: join(import.meta.dirname, '..') },
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
  alias: { 'whatwg-url': join(import.meta.dirname, 'node-url.ts') },
});
const { ConnectionString } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')}`);

describe('a Mongo address read with the URL of Node', () => {
  it.each([
    ['mongodb://127.0.0.1:27017', ['127.0.0.1:27017'], '', '/'],
    ['mongodb://a.example:1,b.example:2,c.example/sluice?tls=true', ['a.example:1', 'b.example:2', 'c.example'], '', '/sluice'],
    [
      'mongodb://sluice:p%40ss%2Fword@cluster.docdb.amazonaws.com:27017/?retryWrites=false',
      ['cluster.docdb.amazonaws.com:27017'],
      'p%40ss%2Fword',
      '/',
    ],
    ['mongodb://[::1]:27017/sluice', ['[::1]:27017'], '', '/sluice'],
  ])('%s', (uri, hosts, password, pathname) => {
    const read = new ConnectionString(uri);
    expect({ hosts: read.hosts, password: read.password, pathname: read.pathname }).toEqual({ hosts, password, pathname });
  });
});

describe('the stand-in', () => {
  it('is what Node has', () => expect(standIn).toMatchObject({ URL, URLSearchParams }));
});
