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
const CHUNK = 50;
/** As many as there are connections. */
const AT_ONCE = 2;

/**
 * One tenant's part of a collection, and the only way to it: every filter has the tenant in it, put there here and never by a caller.
 */
export function tenantCollection<T extends Document>(collection: Collection<Stored>, tenant: string) {
  const mine = (id: string) => ({ _id: `${tenant}:${id}`, tenant });
  const ownId = (stored: Stored) => stored._id.slice(tenant.length + 1);

  return {
    /** Stores the documents that are not there yet and tells the places of those that were; of two racing writers one wins. */
    async insertNew(documents: readonly Kept<T>[]): Promise<ReadonlySet<number>> {
      if (documents.length === 0) return new Set();
      const stored = documents.map(({ id, document }) => ({ ...document, ...mine(id) }));
      return reach(() => collection.insertMany(stored, { ordered: false }).then(() => new Set<number>(), placesTaken));
    },

    /** The same, telling the ids that were new. */
    async insertOnce(documents: readonly Kept<T>[]): Promise<ReadonlySet<string>> {
      const there = await this.insertNew(documents);
      return new Set(documents.filter((_, index) => !there.has(index)).map(({ id }) => id));
    },

    async find(ids: readonly string[], fields?: readonly (keyof T & string)[]): Promise<ReadonlyMap<string, T>> {
      const projection = fields && Object.fromEntries(fields.map((field) => [field, 1]));
      const found = new Map<string, T>();
      await inChunks(ids, async (chunk) => {
        const cursor = collection.find({ _id: { $in: chunk.map((id) => mine(id)._id) }, tenant }, projection ? { projection } : {});
        for (const stored of await reach(() => cursor.toArray())) found.set(ownId(stored as Stored), stored as unknown as T);
      });
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

    async countBefore(field: string, before: Date): Promise<number> {
      const [counted] = await this.grouped<{ readonly count: number }>({ [field]: { $lt: before } }, { _id: null, count: { $sum: 1 } });
      return counted?.count ?? 0;
    },
    /** The time of the oldest within, or of the one that comes so many after it. */
    async oldest(field: string, within: { readonly $gte: Date } | { readonly $lt: Date }, skip = 0): Promise<Date | undefined> {
      const filter = { tenant, [field]: within } as Filter<Stored>;
      const cursor = collection.find(filter, { sort: { tenant: 1, [field]: 1 }, skip, limit: 1, projection: { [field]: 1 } });
      const [found] = await reach(() => cursor.toArray());
      return (found as Readonly<Record<string, Date>> | undefined)?.[field];
    },
    async removeBefore(field: string, within: { readonly $lt: Date } | { readonly $lte: Date }): Promise<void> {
      await reach(() => collection.deleteMany({ tenant, [field]: within } as Filter<Stored>));
    },
    /** Adds a value to a list of each document, once. */
    async addOnce(additions: readonly { readonly id: string; readonly field: string; readonly value: string }[]): Promise<void> {
      if (additions.length === 0) return;
      const operations: AnyBulkWriteOperation<Stored>[] = additions.map(({ id, field, value }) => ({
        updateOne: { filter: mine(id), update: { $addToSet: { [field]: value } } as UpdateFilter<Stored> },
      }));
      await reach(() => collection.bulkWrite(operations, { ordered: false }));
    },

    async remove(ids: readonly string[]): Promise<void> {
      await inChunks(ids, async (chunk) => {
        await reach(() => collection.deleteMany({ _id: { $in: chunk.map((id) => mine(id)._id) }, tenant }));
      });
    },
  };
}

/** The places of the documents whose `_id` is taken; any other error flies on. */
function placesTaken(error: unknown): ReadonlySet<number> {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (errors.length === 0 || errors.some(({ code }) => code !== TWICE)) throw error;
  return new Set(errors.map(({ index }) => index));
}

/** Some servers compare each document with each id of a list, so that long lists take much longer than several short ones. */
async function inChunks(ids: readonly string[], use: (chunk: readonly string[]) => Promise<void>): Promise<void> {
  const chunks: (readonly string[])[] = [];
  for (let at = 0; at < ids.length; at += CHUNK) chunks.push(ids.slice(at, at + CHUNK));
  const work = async () => {
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) await use(chunk);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
