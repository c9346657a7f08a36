import type { Routing, RoutingEntry } from '#core/serving/index.ts';

interface Remembered {
  readonly entry: RoutingEntry;
  readonly readAt: number;
}

export interface RememberedRoutingOptions {
  /** Older than this, an entry still answers while it is read again. @default 2000 */
  readonly freshMs?: number;
  /** Older than this, an entry is not used any more: the longest that a switch can go unnoticed. @default 5000 */
  readonly staleMs?: number;
  readonly now?: () => number;
}

const MOST_ENTRIES = 10_000;

/** Who serves, remembered for a few seconds. Misses are not remembered: a model that goes live answers at once. */
export function rememberedRouting(
  routing: Pick<Routing, 'read'>,
  { freshMs = 2000, staleMs = 5000, now = Date.now }: RememberedRoutingOptions = {},
): Pick<Routing, 'read'> {
  const known = new Map<string, Remembered>();
  const reading = new Map<string, Promise<RoutingEntry | undefined>>();

  function readAgain(key: string, tenant: string, model: string): Promise<RoutingEntry | undefined> {
    const running = reading.get(key);
    if (running) return running;
    const read = routing
      .read(tenant, model)
      .then((entry) => {
        known.delete(key);
        if (entry) known.set(key, { entry, readAt: now() });
        const [oldest] = known.keys();
        if (known.size > MOST_ENTRIES && oldest !== undefined) known.delete(oldest);
        return entry;
      })
      .finally(() => reading.delete(key));
    reading.set(key, read);
    return read;
  }

  return {
    async read(tenant, model) {
      const key = `${tenant} ${model}`;
      const found = known.get(key);
      const age = found ? now() - found.readAt : Number.POSITIVE_INFINITY;
      if (!found || age > staleMs) return readAgain(key, tenant, model);
      // A failed refresh shows when the entry is too old to be used.
      if (age > freshMs) readAgain(key, tenant, model).catch(() => undefined);
      return found.entry;
    },
  };
}
