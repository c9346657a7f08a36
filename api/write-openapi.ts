import { writeFile } from 'node:fs/promises';
import { openApi } from './openapi.ts';
import { ROUTES } from './routes.ts';

/** `npm run api:write`: the published contract, from the routes as they are. */
await writeFile(new URL('../docs/api/openapi.json', import.meta.url), `${JSON.stringify(openApi(ROUTES), undefined, 2)}\n`);
