import type { Migration } from '#adapters/postgres/migrate.ts';
import foundation from '#adapters/postgres/migrations/0001-foundation.sql';
import loop from '#adapters/postgres/migrations/0002-loop.sql';
import policies from '#adapters/postgres/migrations/0003-policies.sql';
import auditChain from '#adapters/postgres/migrations/0004-audit-chain.sql';
import recovery from '#adapters/postgres/migrations/0005-recovery.sql';
import everyTenant from '#adapters/postgres/migrations/0006-every-tenant.sql';

/** Every file of `adapters/postgres/migrations`; the bundler puts their text in. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-foundation.sql', sql: foundation },
  { name: '0002-loop.sql', sql: loop },
  { name: '0003-policies.sql', sql: policies },
  { name: '0004-audit-chain.sql', sql: auditChain },
  { name: '0005-recovery.sql', sql: recovery },
  { name: '0006-every-tenant.sql', sql: everyTenant },
];
