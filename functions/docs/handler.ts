import { docsRoutes } from '#api/docs.ts';
import { docsPage } from '#api/docs-page.ts';
import { openApi } from '#api/openapi.ts';
import { ROUTES } from '#api/routes.ts';
import { serve } from '#functions/_http/serve.ts';

const document = openApi(ROUTES);
const page = docsPage(document);

export const handler = serve(docsRoutes, { docs: async () => page, openapi: async () => document }, { name: 'docs', env: process.env });
