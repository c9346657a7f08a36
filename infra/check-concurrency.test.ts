import { describe, expect, it } from 'vitest';
import { checkConcurrency } from './check-concurrency.ts';
import { settingsOf } from './config.ts';

const DEV = settingsOf('dev');
const managed = (minCapacity: number, maxCapacity: number) =>
  ({
    kind: 'managed',
    postgres: { minCapacity, maxCapacity, replicas: 0 },
    mongo: { minCapacity: 1, maxCapacity: 1 },
    backupDays: 1,
  }) as const;
const external = (postgresConnections: number) =>
  ({ kind: 'external', postgresOwnerSecret: 'a', mongoSecret: 'b', postgresConnections }) as const;

describe('checkConcurrency', () => {
  it.each([
    { name: 'a database with room', stores: managed(0, 1), control: 99 },
    { name: 'as much as a sleeper can grant', stores: managed(0.5, 64), control: 999 },
    { name: 'more of one that never sleeps', stores: managed(1, 64), control: 2499 },
    { name: "a customer's own", stores: external(21), control: 10 },
  ])('takes $name', ({ stores, control }) =>
    expect(() => checkConcurrency({ ...DEV, stores, reservedConcurrency: { control } }, ['control'])).not.toThrow(),
  );

  it.each([
    {
      name: 'as many as there are',
      stores: managed(0, 1),
      reserved: { control: 100 },
      says: /may open 200 connections to Postgres, which has 200/,
    },
    { name: 'more than a sleeper grants', stores: managed(0.5, 64), reserved: { control: 1000 }, says: /which has 2000/ },
    { name: "more than a customer's own", stores: external(20), reserved: { control: 10 }, says: /which has 20\./ },
    { name: 'a function without a bound', stores: managed(0, 4), reserved: {}, says: /does not bound control/ },
  ])('refuses $name', ({ stores, reserved, says }) =>
    expect(() => checkConcurrency({ ...DEV, stores, reservedConcurrency: reserved }, ['control'])).toThrow(says),
  );
});
