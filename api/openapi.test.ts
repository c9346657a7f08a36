import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { permissionsOf } from '#core/governance/index.ts';
import { ROLES } from '#core/kernel/index.ts';
import { docsPage } from './docs-page.ts';
import { openApi } from './openapi.ts';
import { ENDINGS, PROBLEMS } from './problem.ts';
import { ROUTES } from './routes.ts';

const document = JSON.parse(JSON.stringify(openApi(ROUTES)));

describe('the OpenAPI document', () => {
  it('is the one in docs/api (else: npm run api:write)', () => {
    expect(JSON.parse(readFileSync(new URL('../docs/api/openapi.json', import.meta.url), 'utf8'))).toEqual(document);
  });

  it.each(Object.entries(ROUTES))('describes %s with its path, parameters, answers and refusals', (operationId, route) => {
    const operation = document.paths[route.path][route.method.toLowerCase()];
    expect(operation).toMatchObject({ operationId, summary: route.summary, 'x-sluice-permission': route.permission });
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = (operation.parameters ?? []).filter((parameter: { in: string }) => parameter.in === 'path');
    expect(inPath.map((parameter: { name: string }) => parameter.name)).toEqual(names);
    expect(operation.responses[String(route.status ?? 200)]).toBeDefined();
    expect(Boolean(operation.responses['401'])).toBe(route.permission !== 'public');
    if (route.permission !== 'public') expect(operation.responses['401'].description).toMatch(/`token_expired`, `token_invalid`/);
  });

  it('promises an ETag only where some route of the same resource takes it back', () => {
    const resource = (path: string) => path.split('/').slice(0, 5).join('/');
    const taken = new Set(Object.values(ROUTES).flatMap((route) => (route.concurrency === 'if-match' ? [resource(route.path)] : [])));
    const given = Object.values(ROUTES).filter(({ concurrency }) => concurrency);
    expect(given.map(({ path }) => resource(path)).filter((path) => !taken.has(path))).toEqual([]);
  });

  it('names a route for every permission that a role grants', () => {
    const asked = new Set<string>(Object.values(ROUTES).map(({ permission }) => permission));
    expect([...permissionsOf(ROLES)].filter((permission) => !asked.has(permission))).toEqual([]);
  });
});

describe('the docs page', () => {
  it('shows every operation and runs no script', () => {
    const page = docsPage(document);
    for (const operationId of Object.keys(ROUTES)) expect(page).toContain(`id="${operationId}"`);
    for (const code of [...Object.keys(PROBLEMS), ...Object.keys(ENDINGS)]) expect(page.split(`id="${code}"`)).toHaveLength(2);
    expect(page).not.toMatch(/<script|src=|https?:\/\//);
  });

  it('escapes whatever stands in the document', () => {
    expect(docsPage({ info: { title: '<img onerror=x>', description: '`<b>`' }, paths: {} })).not.toMatch(/<img|<b>/);
  });
});
