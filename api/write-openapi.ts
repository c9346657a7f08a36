import { mkdir, writeFile } from 'node:fs/promises';
import { openApi } from './openapi.ts';
import { problemsTable } from './problems-table.ts';
import { ROUTES } from './routes.ts';

/** `npm run api:write`: the published contract, from the routes and the refusals as they are. */
const docs = new URL('../docs/', import.meta.url);
await mkdir(new URL('problems/', docs), { recursive: true });
await writeFile(new URL('api/openapi.json', docs), `${JSON.stringify(openApi(ROUTES), undefined, 2)}\n`);
await writeFile(new URL('problems/README.md', docs), problemsTable());
