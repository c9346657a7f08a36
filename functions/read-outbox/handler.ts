import { postgresOutbox } from '#adapters/postgres/outbox.ts';
import { postgresFrom } from '#functions/_stores/postgres-from.ts';
import { readOutbox } from './read-outbox.ts';

export const handler = readOutbox(postgresOutbox(postgresFrom(process.env)));
