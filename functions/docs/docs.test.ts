import { expect, it } from 'vitest';
import { ROUTES } from '#api/routes.ts';
import type { HttpEvent } from '#functions/_http/serve.ts';
import { handler } from './handler.ts';

const ask = (path: string) =>
  handler(
    {
      routeKey: `GET ${path}`,
      rawPath: path,
      headers: {},
      requestContext: { requestId: 'r', http: { method: 'GET' } },
    } as unknown as HttpEvent,
    {} as never,
  );

it('shows every route to anybody, to read and for machines', async () => {
  const document = JSON.parse((await ask('/openapi.json')).body ?? '');
  expect(document.openapi).toMatch(/^3\.1/);
  const page = await ask('/docs');
  expect(page.headers).toMatchObject({ 'content-type': expect.stringContaining('text/html') });
  for (const { path } of Object.values(ROUTES))
    expect([Object.keys(document.paths), page.body]).toEqual([expect.arrayContaining([path]), expect.stringContaining(path)]);
});
