import { watchRoutes } from '#api/watch.ts';
import { serve } from '#functions/_http/serve.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { watchHandlers } from './watch-handlers.ts';

const env = process.env;

export const handler = serve(watchRoutes, watchHandlers({ plane: controlPlaneFrom(env), mongo: mongoFrom(env) }), { name: 'watch', env });
