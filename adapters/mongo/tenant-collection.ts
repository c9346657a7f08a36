import { type AnyBulkWriteOperation, type Collection, type Document, type Filter, MongoBulkWriteError, type UpdateFilter } from 'mongodb';
import { reach } from './reach.ts';

/** A document under its own id; the stored `_id` has the tenant in front. */
export interface Kept<T> {
  readonly id: string;
  readonly document: T;
}

interface Stored extends Document {
  readonly _id: string;
  readonly tenant: string;
}

const TWICE = 11000;

/**
 * One tenant's part of a collection, and the only way to it: every filter has the tenant in it, put there here and never by a caller.
 */
export function tenantCollection<T extends Document>(collection: Collection<Stored>, tenant: string) {
  const mine = (id: string) => ({ _id: `${tenant}:${id}`, tenant });
  const ownId = (stored: Stored) => stored._id.slice(tenant.length + 1);

  return {
    /** Stores the documents that are not there yet and returns their ids; of two racing writers one wins. */
    async insertOnce(documents: readonly Kept<T>[]): Promise<ReadonlySet<string>> {
      if (documents.length === 0) return new Set();
      const operations: AnyBulkWriteOperation<Stored>[] = documents.map(({ id, document }) => ({
        updateOne: { filter: mine(id), update: { $setOnInsert: document } as UpdateFilter<Stored>, upsert: true },
      }));
      const { upsertedIds } = await reach(() => collection.bulkWrite(operations, { ordered: false }).catch(onlyTwice));
      return new Set(Object.keys(upsertedIds).map((index) => documents[Number(index)]?.id ?? ''));
    },

    async find(ids: readonly string[], fields?: readonly (keyof T & string)[]): Promise<ReadonlyMap<string, T>> {
      const projection = fields && Object.fromEntries(fields.map((field) => [field, 1]));
      const cursor = collection.find({ _id: { $in: ids.map((id) => mine(id)._id) }, tenant }, projection ? { projection } : {});
      const found = new Map<string, T>();
      for (const stored of await reach(() => cursor.toArray())) found.set(ownId(stored as Stored), stored as unknown as T);
      return found;
    },

    /** The documents that match, with their own ids; the newest when a limit leaves some out, the oldest first. */
    async between(
      match: Readonly<Record<string, string>>,
      {
        field,
        from,
        to,
        limit,
        fields,
      }: {
        readonly field: string;
        readonly from: Date;
        readonly to?: Date | undefined;
        readonly limit?: number | undefined;
        /** Only these come back. @default all */
        readonly fields?: readonly (keyof T & string)[];
      },
    ): Promise<readonly Kept<T>[]> {
      const filter = { tenant, ...match, [field]: { $gte: from, ...(to && { $lt: to }) } } as Filter<Stored>;
      const projection = fields && Object.fromEntries(fields.map((one) => [one, 1]));
      const cursor = collection.find(filter, {
        sort: { [field]: -1 },
        ...(limit === undefined ? {} : { limit }),
        ...(projection ? { projection } : {}),
      });
      const newestFirst = await reach(() => cursor.toArray());
      return newestFirst.reverse().map((stored) => ({ id: ownId(stored as Stored), document: stored as unknown as T }));
    },

    /** What a `$group` stage makes of the documents that match. */
    async grouped<Row extends Document>(match: Document, group: Document): Promise<readonly Row[]> {
      return reach(() => collection.aggregate<Row>([{ $match: { ...match, tenant } }, { $group: group }]).toArray());
    },

    /** Adds a value to a list of each document, once. */
    async addOnce(additions: readonly { readonly id: string; readonly field: string; readonly value: string }[]): Promise<void> {
      if (additions.length === 0) return;
      const operations: AnyBulkWriteOperation<Stored>[] = additions.map(({ id, field, value }) => ({
        updateOne: { filter: mine(id), update: { $addToSet: { [field]: value } } as UpdateFilter<Stored> },
      }));
      await reach(() => collection.bulkWrite(operations, { ordered: false }));
    },

    async remove(id: string): Promise<void> {
      await reach(() => collection.deleteOne(mine(id)));
    },
  };
}

/** Two upserts of one new `_id` at the same moment: one inserts, the other is told so by an error, and both are content. */
function onlyTwice(error: unknown) {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (errors.length === 0 || errors.some(({ code }) => code !== TWICE)) throw error;
  return error.result;
}
