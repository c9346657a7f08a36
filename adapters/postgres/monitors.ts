import { sql, type Transaction } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { DomainError } from '#core/kernel/index.ts';
import type { Monitor, MonitorSettings, Monitors } from '#core/monitoring/index.ts';
import type { Tables } from './tables.ts';

export function postgresMonitors(trx: Transaction<Tables>): Monitors {
  const monitors = () =>
    trx
      .selectFrom('monitor')
      .innerJoin('model', 'model.id', 'monitor.model_id')
      .select([
        'monitor.id',
        'monitor.model_id as modelId',
        'model.name as model',
        'monitor.name',
        'monitor.settings',
        'monitor.state',
        'monitor.revision',
        'monitor.created_by as createdBy',
        'monitor.created_at as createdAt',
        'monitor.updated_at as updatedAt',
      ]);
  const byId = (id: string) => monitors().where('monitor.id', '=', id);
  return {
    async find(model, name) {
      const row = await monitors().where('model.name', '=', model).where('monitor.name', '=', name).executeTakeFirst();
      return row && toMonitor(row);
    },

    async findById(id) {
      const row = await byId(id).executeTakeFirst();
      return row && toMonitor(row);
    },

    async lock(id) {
      const row = await byId(id).forUpdate('monitor').executeTakeFirst();
      return row && toMonitor(row);
    },

    async add({ modelId, name, settings }, createdBy, now) {
      const id = uuidv7();
      await trx
        .insertInto('monitor')
        .values({
          id,
          model_id: modelId,
          name,
          settings: JSON.stringify(settings),
          created_by: createdBy,
          created_at: now,
          updated_at: now,
        })
        .execute();
      return toMonitor(await byId(id).executeTakeFirstOrThrow());
    },

    async change(at, { settings, state }, now) {
      const moved = await trx
        .updateTable('monitor')
        .set({
          revision: sql<number>`revision + 1`,
          updated_at: now,
          ...(settings === undefined ? {} : { settings: JSON.stringify(settings) }),
          ...(state === undefined ? {} : { state }),
        })
        .where('id', '=', at.id)
        .where('revision', '=', at.revision)
        .executeTakeFirst();
      if (moved.numUpdatedRows === 0n) throw new DomainError({ code: 'moved_meanwhile', revision: at.revision });
      return toMonitor(await byId(at.id).executeTakeFirstOrThrow());
    },

    all: async () => (await monitors().execute()).map(toMonitor),

    async list(model, { limit, after }) {
      const rows = await monitors()
        .where('model.name', '=', model)
        .$if(after !== undefined, (query) => query.where('monitor.name', '>', after ?? ''))
        .orderBy('monitor.name')
        .limit(limit)
        .execute();
      return rows.map(toMonitor);
    },
  };
}

function toMonitor(row: Omit<Monitor, 'settings'> & { readonly settings: unknown }): Monitor {
  // Written by `add` and `change` alone, from a request that was read and checked.
  return { ...row, settings: row.settings as MonitorSettings };
}
