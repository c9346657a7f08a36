import type { Migration } from '#adapters/postgres/migrate.ts';
import foundation from '#adapters/postgres/migrations/0001-foundation.sql';

/** Every file of `adapters/postgres/migrations`; the bundler puts their text in. */
export const MIGRATIONS: readonly Migration[] = [{ name: '0001-foundation.sql', sql: foundation }];
