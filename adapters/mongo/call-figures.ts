import type { Db } from 'mongodb';
import { type CallFigures, LATENCY_BOUNDS_MS } from '#core/watch/index.ts';
import { tenantCollection } from './tenant-collection.ts';

/** What of a call is counted. */
interface CallDocument {
  readonly outcome: 'ok' | 'error';
  readonly durationMs: number;
}

interface Counted {
  readonly _id: { readonly modelId: string; readonly versionId: string; readonly version: number };
  readonly calls: number;
  readonly answered: number;
  readonly rows: number;
  readonly answeredMs: number;
  readonly lastCallAt: Date;
  readonly [within: `within${number}`]: number;
}

/** Counts over `calls`, made where the calls are: none of them travels. */
export function mongoCallFigures(connect: () => Promise<Db>): CallFigures {
  const collection = async (tenant: string) => tenantCollection<CallDocument>((await connect()).collection('calls'), tenant);
  return {
    async of(tenant, { modelIds, from, to }) {
      if (modelIds.length === 0) return [];
      const rows = await (await collection(tenant)).grouped<Counted>(
        { modelId: { $in: modelIds }, receivedAt: { $gte: from, $lt: to } },
        {
          _id: { modelId: '$modelId', versionId: '$versionId', version: '$version' },
          calls: { $sum: 1 },
          answered: { $sum: ifAnswered(1) },
          rows: { $sum: ifAnswered('$rows') },
          answeredMs: { $sum: ifAnswered('$durationMs') },
          lastCallAt: { $max: '$receivedAt' },
          ...Object.fromEntries(
            LATENCY_BOUNDS_MS.map((bound) => [`within${bound}`, { $sum: ifAnswered(1, { $lte: ['$durationMs', bound] }) }]),
          ),
        },
      );
      return rows
        .map(({ _id, calls, answered, rows: predicted, answeredMs, lastCallAt, ...within }) => ({
          ..._id,
          calls,
          errors: calls - answered,
          rows: predicted,
          answeredMs,
          answeredWithin: LATENCY_BOUNDS_MS.map((bound) => within[`within${bound}`] ?? 0),
          lastCallAt: new Date(lastCallAt),
        }))
        .sort((one, other) => one.version - other.version);
    },

    async newestDurations(tenant, { versionId, from, to, limit }) {
      const window = { field: 'receivedAt', from, to, limit, fields: ['durationMs'] } as const;
      const calls = await (await collection(tenant)).between({ versionId, outcome: 'ok' }, window);
      return calls.map(({ document }) => document.durationMs);
    },
  };
}

function ifAnswered(value: number | string, more?: object) {
  const answered = { $eq: ['$outcome', 'ok'] };
  return { $cond: [more ? { $and: [answered, more] } : answered, value, 0] };
}
