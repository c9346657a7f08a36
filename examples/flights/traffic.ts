import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem } from './client.ts';
import type { Flight } from './rows.ts';
import type { Tenant } from './tenants.ts';

const MODEL = 'flights';
const BATCH_ROWS = 256;
const BATCHES_AT_ONCE = 4;
const LABELS_PER_CALL = 1000;
/** One single call in so many milliseconds. */
const SINGLE_EVERY_MS = 25;
/** While a rollout bakes: one small batch in so many milliseconds, about flights of the coming days in any order, as a desk is asked. */
const GENTLE_EVERY_MS = 150;
const GENTLE_DAYS = 30;

export interface TrafficProps {
  /** Of each day's flights, how many come as calls of their own. */
  readonly singlesPerDay: number;
  /** Rows of each call while a rollout bakes. */
  readonly gentleRows: number;
}

export interface ScoredFlight {
  readonly id: string;
  readonly date: string;
  readonly score: number;
  readonly version: number;
  readonly late: boolean;
}

interface Predictions {
  readonly predictions: readonly { readonly row: number; readonly id: string; readonly score: number; readonly version: number }[];
  readonly unserved: readonly number[];
}

interface Numbered extends Flight {
  readonly id: string;
}

/** One tenant's service: asks for predictions in the order of events, and tells what really happened a simulated day later. */
export interface Traffic {
  readonly scored: readonly ScoredFlight[];
  readonly counts: {
    singles: number;
    batches: number;
    /** Rows that no version served when they were first sent: they were sent again later. */
    unserved: number;
    seconds: number;
    labels: Record<string, number>;
  };
  /** The last scored flight of every call that had many. */
  readonly marks: readonly ScoredFlight[];
  /** Takes these flights after those it has. Their ids are made of their place, so that a second telling sends the same. */
  queue(flights: readonly Flight[]): void;
  /** A little at a time until `isOver`; what nobody serves yet waits. */
  gently(isOver: () => boolean): Promise<void>;
  /** Everything that waits, as fast as it goes. */
  replay(say: (line: string) => void): Promise<void>;
  /** What is known of every flight so far. */
  labelAll(): Promise<void>;
}

export function trafficOf({ slug, asService }: Tenant, { singlesPerDay, gentleRows }: TrafficProps): Traffic {
  let waiting: Numbered[] = [];
  let backlog: Numbered[] = [];
  let unlabelled: ScoredFlight[] = [];
  const scored: ScoredFlight[] = [];
  const marks: ScoredFlight[] = [];
  const counts: Traffic['counts'] = { singles: 0, batches: 0, unserved: 0, seconds: 0, labels: {} };

  async function send(flights: readonly Numbered[]): Promise<void> {
    if (flights.length === 0) return;
    const rows = flights.map(({ late: _, id, ...features }) => ({ id, eventTime: features.date, features }));
    const answer = await asService.post<Predictions>(`/v1/models/${MODEL}/predictions`, { rows }).catch((error: unknown) => {
      if (!(error instanceof ApiProblem) || error.code !== 'model_not_live') throw error;
      return { predictions: [], unserved: rows.map((_, row) => row) };
    });
    if (answer.predictions.length + answer.unserved.length !== rows.length)
      throw new Error(`${rows.length} rows of ${slug} were answered with ${answer.predictions.length} predictions`);
    const got = answer.predictions.map(({ row, id, score, version }): ScoredFlight => {
      const { id: sent, date, late } = flights[row] as Numbered;
      if (sent !== id) throw new Error(`row ${row} of ${slug} was sent as ${sent} and answered as ${id}`);
      return { id, date, late, score, version };
    });
    scored.push(...got);
    unlabelled.push(...got);
    const last = got.at(-1);
    if (last && got.length > 1) marks.push(last);
    backlog.push(...answer.unserved.map((row) => flights[row] as Numbered));
    counts.unserved += answer.unserved.length;
    if (flights.length === 1) counts.singles += 1;
    else counts.batches += 1;
  }

  async function label(known: readonly ScoredFlight[]): Promise<void> {
    for (let at = 0; at < known.length; at += LABELS_PER_CALL) {
      const answer = await asService.post<{ labels: readonly { status: string }[] }>('/v1/ground-truth', {
        labels: known.slice(at, at + LABELS_PER_CALL).map(({ id, late }) => ({ predictionId: id, value: late })),
      });
      for (const { status } of answer.labels) counts.labels[status] = (counts.labels[status] ?? 0) + 1;
    }
  }

  /** The labels of the days before this one. */
  function takeKnown(day: string): ScoredFlight[] {
    const known = unlabelled.filter(({ date }) => date.slice(0, 10) < day);
    unlabelled = unlabelled.filter(({ date }) => date.slice(0, 10) >= day);
    return known;
  }

  async function sendDay(flights: readonly Numbered[]): Promise<void> {
    const singles = flights.slice(0, singlesPerDay);
    const batches: (readonly Numbered[])[] = [];
    for (let at = singles.length; at < flights.length; at += BATCH_ROWS) batches.push(flights.slice(at, at + BATCH_ROWS));
    const steady = async () => {
      for (const flight of singles) await Promise.all([send([flight]), sleep(SINGLE_EVERY_MS)]);
    };
    const worker = async () => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) await send(batch);
    };
    await Promise.all([steady(), ...Array.from({ length: BATCHES_AT_ONCE }, worker)]);
  }

  return {
    scored,
    counts,
    marks,
    queue(flights) {
      waiting.push(...flights.map((flight, place) => ({ ...flight, id: idOf(slug, flight, place) })));
    },
    async gently(isOver) {
      const startedAt = performance.now();
      const days = new Set([...byDay(waiting).keys()].slice(0, GENTLE_DAYS));
      const isNear = ({ date }: Flight) => days.has(date.slice(0, 10));
      // An id is a hash: its order has nothing to do with the time of day, on which the scores depend.
      const near = waiting.filter(isNear).sort((a, b) => (a.id < b.id ? -1 : 1));
      waiting = waiting.filter((flight) => !isNear(flight));
      while (!isOver() && near.length > 0) await Promise.all([send(near.splice(0, gentleRows)), sleep(GENTLE_EVERY_MS)]);
      waiting.unshift(...near);
      counts.seconds += (performance.now() - startedAt) / 1000;
    },
    async replay(say) {
      const startedAt = performance.now();
      waiting = [...backlog, ...waiting].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
      backlog = [];
      for (const [day, flights] of byDay(waiting)) {
        say(`${slug}: ${day}, ${scored.length.toLocaleString('en')} predictions`);
        await Promise.all([sendDay(flights), label(takeKnown(day))]);
      }
      waiting = [];
      counts.seconds += (performance.now() - startedAt) / 1000;
      if (backlog.length > 0) throw new Error(`${backlog.length} rows of ${slug} were served by no version although one is live`);
    },
    async labelAll() {
      await label(takeKnown('9999'));
    },
  };
}

function byDay(flights: readonly Numbered[]): Map<string, Numbered[]> {
  const days = new Map<string, Numbered[]>();
  for (const flight of flights) {
    const day = flight.date.slice(0, 10);
    const those = days.get(day);
    if (those) those.push(flight);
    else days.set(day, [flight]);
  }
  return days;
}

/** A UUID of the flight's content and place (RFC 9562's version 8). */
function idOf(slug: string, { date, origin, destination, distance }: Flight, place: number): string {
  const hex = createHash('sha256').update(`${slug} ${date} ${origin} ${destination} ${distance} ${place}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
