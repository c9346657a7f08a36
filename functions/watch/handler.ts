import { watchingPlane } from '#adapters/postgres/watching-plane.ts';
import { s3Evidence } from '#adapters/s3/evidence.ts';
import { watchRoutes } from '#api/watch.ts';
import { serve } from '#functions/_http/serve.ts';
import { s3From } from '#functions/_stores/data-bucket-from.ts';
import { mongoFrom } from '#functions/_stores/mongo-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { required } from '#functions/_stores/required.ts';
import { watchHandlers } from './watch-handlers.ts';

const env = process.env;
const deps = {
  plane: watchingPlane({ pool: postgresFrom(env) }),
  mongo: mongoFrom(env),
  evidence: s3Evidence(s3From(env), required(env, 'EVIDENCE_BUCKET')),
};

export const handler = serve(watchRoutes, watchHandlers(deps), { name: 'watch', env });
