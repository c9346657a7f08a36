import { randomUUID } from 'node:crypto';
import { ROUTES } from '../../api/routes.ts';
import { EVENT_TYPES } from '../../core/alerts/index.ts';
import { ROLES } from '../../core/kernel/index.ts';
import type { ApiStand } from '../support/api-stand.ts';
import { seedTenant } from '../support/tenant-world.ts';
import { type ApiAnswer, type ApiRequest, problemOf } from '../support/through-the-gateway.ts';
import { callerOf } from '../tenants/callers.ts';
import { rowsOf } from '../tenants/rows-of.ts';
import { readyFor } from './ready.ts';

/** Every route that writes and says how it is repeated. */
export const REPEATED = Object.entries(ROUTES).filter(([, { idempotency }]) => idempotency !== undefined);

/** Of which of them another request under the same key is refused. */
export const KEYED = REPEATED.filter(([, { idempotency }]) => idempotency === 'key');

/** As many as there are connections. */
const AT_ONCE = 8;

/** What every answer has of its own. */
const OF_THE_CALL = /^(traceparent|sluice-request-id)$/;

/** What the contract makes anew for each answer, and why. All else is the same byte for byte. */
const ANEW: Readonly<Record<string, (text: string) => string>> = {
  // A URL that was signed for the first caller's quarter of an hour would be of no use to who asks again later.
  createUpload: (text) => text.replaceAll(/X-Amz-[A-Za-z]+=[^&"]*/g, '').replaceAll(/"expiresAt":"[^"]*"/g, ''),
  decideApproval: (text) => text.replaceAll(/X-Amz-[A-Za-z]+=[^&"]*/g, ''),
  // Each line says whether it was the first to say so.
  recordGroundTruth: (text) => text.replace('"status":"duplicate"', '"status":"early"'),
};

/** Routes whose first call leaves nothing. */
const LEAVES_NOTHING = new Set(['createUpload']);

/** Routes whose first call leaves nothing in the audit, and why. */
const UNAUDITED: Readonly<Record<string, string>> = {
  createUpload: 'It signs an address and changes nothing; what is made of the file is in the audit.',
  recordGroundTruth: 'Labels are data, up to a thousand a call and kept in MongoDB; each names who gave it.',
};

export interface Replayed {
  readonly replays: number;
  /** How many effects the calls had together; 1, unless the route leaves nothing. */
  readonly effects: number;
  /** What was not as it should be. */
  readonly wrong: readonly string[];
}

type Rows = ReadonlyMap<string, readonly string[]>;

interface AuditRow {
  readonly action: string;
  readonly principal: string;
}

/** The rows that say what was done. The orders that follow from it have rows of their own, unless the order is all that was done. */
function deedsOf(rows: readonly AuditRow[]): readonly AuditRow[] {
  return rows.length > 1 ? rows.filter(({ action }) => EVENT_TYPES.some((type) => type === action)) : rows;
}

function newIn(place: string, before: Rows, after: Rows): readonly string[] {
  const known = new Set(before.get(place));
  return (after.get(place) ?? []).filter((row) => !known.has(row));
}

/** How many rows are new in each place. */
function added(before: Rows, after: Rows): Readonly<Record<string, number>> {
  const places = [...after.keys()].map((place) => [place, newIn(place, before, after).length] as const);
  return Object.fromEntries(places.filter(([, count]) => count > 0));
}

function comparable(operation: string, { status, headers, text }: ApiAnswer): string {
  const kept = Object.entries(headers).filter(([header]) => !OF_THE_CALL.test(header.toLowerCase()));
  return `${status}\n${JSON.stringify(kept)}\n${ANEW[operation]?.(text) ?? text}`;
}

/** One tenant, ready for the first call of a route, and who makes it. */
async function ready(stand: ApiStand, operation: string) {
  const world = await seedTenant(stand);
  const requests = await readyFor(operation, ROUTES[operation]?.path ?? '', stand, world);
  const { id: caller, token } = await callerOf(stand, world, 'all', ROLES, 'user');
  const under =
    (key: string) =>
    (request: ApiRequest, of = operation) =>
      stand.call(of, {
        ...request,
        headers: { authorization: `Bearer ${token}`, 'sluice-tenant': world.slug, 'idempotency-key': key, ...request.headers },
      });
  return { world, caller, ...requests, under, rows: () => rowsOf(stand, world.id) };
}

/**
 * Calls a route `count` times under one key, the first ones and every other batch at once. What one call leaves is learnt from another
 * tenant that makes just one.
 */
export async function replay(stand: ApiStand, operation: string, count: number, isConditional = false): Promise<Replayed> {
  const [single, many] = [await ready(stand, operation), await ready(stand, operation)];
  const wrong: string[] = [];
  const requestOf = ({ first, conditional }: typeof many) => (isConditional ? (conditional ?? first) : first);

  if (isConditional && !single.conditional) wrong.push('test/replays/ready.ts does not say which revision the caller saw');
  const untouched = await single.rows();
  const once = await single.under(randomUUID())(requestOf(single));
  if (once.status >= 300) wrong.push(`the first call: ${once.status} ${once.text}`);
  const after = await single.rows();
  const effect = added(untouched, after);
  if (Object.keys(effect).length === 0 && !LEAVES_NOTHING.has(operation)) wrong.push('the first call left nothing');
  const audited = newIn('postgres/audit', untouched, after).map((row) => JSON.parse(row) as AuditRow);
  if (deedsOf(audited).length !== (operation in UNAUDITED ? 0 : 1) || audited.some(({ principal }) => principal !== single.caller))
    wrong.push(`the first call left in the audit ${JSON.stringify(audited.map(({ action, principal }) => [action, principal]))}`);

  const call = many.under(randomUUID());
  const request = requestOf(many);
  const before = await many.rows();
  const answers = new Map<string, number>();
  const tell = (answer: ApiAnswer) => {
    const text = comparable(operation, answer);
    answers.set(text, (answers.get(text) ?? 0) + 1);
  };
  let made = 0;
  const burst = async () => {
    const size = Math.min(AT_ONCE, count - made);
    made += size;
    for (const answer of await Promise.all(Array.from({ length: size }, () => call(request)))) tell(answer);
  };
  await burst();
  const afterFirst = await many.rows();
  const left = added(before, afterFirst);
  if (JSON.stringify(left) !== JSON.stringify(effect))
    wrong.push(`${AT_ONCE} at once left ${JSON.stringify(left)}, one leaves ${JSON.stringify(effect)}`);
  while (made < count) {
    await burst();
    for (let turn = 0; turn < AT_ONCE && made < count; turn += 1) {
      made += 1;
      tell(await call(request));
    }
  }
  const later = added(afterFirst, await many.rows());
  if (Object.keys(later).length > 0) wrong.push(`the later ones left ${JSON.stringify(later)}`);
  if (answers.size !== 1)
    wrong.push(`${answers.size} answers: ${[...answers].map(([text, times]) => `${times} × ${text.slice(0, 600)}`).join('\n')}`);
  const effects = LEAVES_NOTHING.has(operation) ? 0 : 1;
  return { replays: made, effects: wrong.length === 0 ? effects : Number.NaN, wrong };
}

/** The same key with something else: refused after the first has its answer, while it runs, and under another route. */
export async function refuseOthers(stand: ApiStand, operation: string): Promise<readonly string[]> {
  const wrong: string[] = [];
  const { first, other, under, rows, world } = await ready(stand, operation);
  if (JSON.stringify(first) === JSON.stringify(other))
    return [`test/replays/ready.ts does not say what makes another request of ${operation}`];
  const reused = (answer: ApiAnswer) => answer.status === 422 && problemOf(answer) === 'idempotency_key_reused';

  const racing = under(randomUUID());
  const raced = await Promise.all([first, other, first, other, other, first].map((request) => racing(request)));
  const won = raced.filter((answer) => !reused(answer));
  // Whoever comes first takes the key; one whose request the domain refuses leaves it to the next.
  const asked = [first, other].map((request) => raced.filter((_, at) => [first, other, first, other, other, first][at] === request));
  const heard = asked.filter((answers) => answers.some(({ status }) => status < 300)).length;
  if (heard !== 1 || won.some(({ status }) => status >= 500))
    wrong.push(`at once: ${raced.map(({ status, text }) => `${status} ${text.slice(0, 200)}`).join('\n')}`);

  const after = await rows();
  const [winner, loser] = asked[0]?.some(({ status }) => status < 300) ? [first, other] : [other, first];
  const again = await racing(winner);
  if (again.status >= 300) wrong.push(`the winner once more: ${again.status} ${again.text}`);
  const late = await racing(loser);
  if (!reused(late)) wrong.push(`another body: ${late.status} ${late.text}`);
  const [elsewhere] = KEYED.find(([each]) => each !== operation) ?? [''];
  const { first: strange } = await readyFor(elsewhere, ROUTES[elsewhere]?.path ?? '', stand, world);
  const there = await rows();
  const crossed = await racing(strange, elsewhere);
  if (!reused(crossed)) wrong.push(`under ${elsewhere}: ${crossed.status} ${crossed.text}`);
  const left = { ...added(after, there), ...added(there, await rows()) };
  if (Object.keys(left).length > 0) wrong.push(`what was refused left ${JSON.stringify(left)}`);
  return wrong;
}
