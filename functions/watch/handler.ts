import { controlPlane } from '#adapters/postgres/control-plane.ts';
import { watchRoutes } from '#api/watch.ts';
import { serve } from '#functions/_http/serve.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { watchHandlers } from './watch-handlers.ts';

const env = process.env;
// It only reads. A real bell would bring DynamoDB's client into a bundle that holds two databases' already.
const bell = { ring: () => Promise.reject(new Error('functions/watch records nothing')) };
const plane = controlPlane({ pool: postgresFrom(env), bell });

export const handler = serve(watchRoutes, watchHandlers({ plane, mongo: mongoFrom(env) }), { name: 'watch', env });
