import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { bellFrom, controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { administer } from './administer.ts';

const pool = postgresFrom(process.env);

/** Called by platform engineers, whom IAM lets in; not reachable from the API. */
export const handler = administer({
  plane: controlPlaneFrom(process.env, pool),
  outbox: postgresOutbox(pool),
  bell: bellFrom(process.env),
});
