import type { PredictionMessage, PredictionRecord } from './prediction-record.ts';
import type { FeatureType } from './signature.ts';

export type PredictionRow = PredictionRecord;

/** Rows of one tenant, model, version and event hour that go to the archive together. */
export interface PredictionFile {
  /** Where it goes; made of its rows, so that the same rows always make the same key. */
  readonly key: string;
  readonly tenant: string;
  readonly types: Readonly<Record<string, FeatureType>>;
  /** By id, each once. */
  readonly rows: readonly PredictionRow[];
}

export interface PlannedFile extends PredictionFile {
  /** Which of the messages have rows in it. */
  readonly messages: readonly number[];
}

/**
 * The files that the messages of one delivery make. The same message in another company makes other files; that a row then
 * stays in the file it came into first is `settleFiles`' part.
 *
 * @param digest a hash of a text, in hexadecimal digits
 */
export function planFiles(messages: readonly PredictionMessage[], digest: (text: string) => string): readonly PlannedFile[] {
  const groups = new Map<string, { rows: Map<string, PredictionRow>; messages: Set<number>; first: PredictionMessage }>();
  for (const [index, message] of messages.entries()) {
    const { schema: _schema, predictions, types: _types, call: _call, ...shared } = message;
    for (const prediction of predictions) {
      const folder = `tenants/${message.tenant}/predictions/${message.model}/${hourPath(prediction.eventTime)}`;
      const group = groups.get(`${folder} ${message.versionId}`) ?? { rows: new Map(), messages: new Set(), first: message };
      groups.set(`${folder} ${message.versionId}`, group);
      group.messages.add(index);
      if (!group.rows.has(prediction.id)) group.rows.set(prediction.id, { ...shared, ...prediction });
    }
  }
  return [...groups].map(([name, group]) => {
    const rows = [...group.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const key = `${name.split(' ')[0]}/${digest(JSON.stringify(rows)).slice(0, 32)}.parquet`;
    return { key, tenant: group.first.tenant, types: group.first.types, rows, messages: [...group.messages] };
  });
}

/** `2001-04-01T13:05:00.000Z` → `2001/04/01/13` */
export function hourPath(time: string | Date): string {
  const utc = new Date(time).toISOString();
  return `${utc.slice(0, 4)}/${utc.slice(5, 7)}/${utc.slice(8, 10)}/${utc.slice(11, 13)}`;
}
