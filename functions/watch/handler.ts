import { watchingPlane } from '#adapters/postgres/watching-plane.ts';
import { watchRoutes } from '#api/watch.ts';
import { serve } from '#functions/_http/serve.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { watchHandlers } from './watch-handlers.ts';

const env = process.env;
const plane = watchingPlane({ pool: postgresFrom(env) });

export const handler = serve(watchRoutes, watchHandlers({ plane, mongo: mongoFrom(env) }), { name: 'watch', env });
