import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { readOutbox } from './read-outbox.ts';
import { webhookBook } from './webhook-book.ts';

const pool = postgresFrom(process.env);

export const handler = readOutbox({ outbox: postgresOutbox(pool), webhooks: webhookBook(controlPlaneFrom(process.env, pool)) });
