import { randomUUID } from 'node:crypto';
import type { Route } from '../../api/route.ts';
import { ROUTES } from '../../api/routes.ts';
import { permissionsOf } from '../../core/governance/index.ts';
import type { ApiStand, Handlers } from '../support/api-stand.ts';
import { parametersOf, prepare, requestOf } from '../support/route-requests.ts';
import { type Names, nowhereBeside, type TenantWorld } from '../support/tenant-names.ts';
import { seedTenant } from '../support/tenant-world.ts';
import type { ApiAnswer, ApiRequest } from '../support/through-the-gateway.ts';
import { withoutEcho } from './answers.ts';
import { type Caller, callersOf } from './callers.ts';
import { type Markers, markersOf } from './markers.ts';
import { idsIn, rowsOf } from './rows-of.ts';

/** Two tenants, everybody of the first, and names that nobody has. */
export interface Neighbours {
  readonly ours: TenantWorld;
  readonly theirs: TenantWorld;
  readonly nowhere: Names & { readonly suffix: string };
  readonly callers: readonly Caller[];
  readonly markers: Markers;
  readonly before: ReadonlyMap<string, readonly string[]>;
}

export interface Finding {
  cells: number;
  /** Words of the other tenant in an answer. */
  readonly leaks: string[];
  /** Where a name of the other tenant is answered otherwise than one that nobody has. */
  readonly differing: string[];
  /** Places whose rows of the other tenant are not what they were. */
  changed: readonly string[];
}

export async function settleNeighbours(stand: ApiStand): Promise<Neighbours> {
  const [ours, theirs] = [await seedTenant(stand), await seedTenant(stand)];
  const before = await rowsOf(stand, theirs.id);
  return {
    ours,
    theirs,
    nowhere: nowhereBeside(theirs.suffix),
    callers: await callersOf(stand, ours),
    markers: markersOf(theirs, idsIn(before)),
    before,
  };
}

interface Pair {
  readonly says: string;
  readonly foreign: ApiRequest;
  readonly nowhere: ApiRequest;
}

/** A version's number names nothing by itself. */
const NAMELESS = ['version'];

/** What else a request names than its path. The text of a pipeline is taken whoever has what it names, and gets the next number. */
function pairsOfRest(operation: string, { path, paged }: Route, { ours, theirs, nowhere }: Neighbours): readonly Pair[] {
  const asked = (rest: Names) => requestOf(operation, path, ours, { rest });
  const own = JSON.stringify(asked(ours));
  const named = operation !== 'putPipeline' && own !== JSON.stringify(asked(theirs));
  const at = (names: Names): ApiRequest => ({ ...requestOf(operation, path, ours), query: { cursor: cursorOf(names, theirs) } });
  return [
    ...(named ? [{ says: 'in body or query', foreign: asked(theirs), nowhere: asked(nowhere) }] : []),
    ...(paged ? [{ says: 'as a cursor', foreign: at(theirs), nowhere: at(nowhere) }] : []),
  ];
}

function pairsOfPath(operation: string, { path, concurrency }: Route, { ours, theirs, nowhere }: Neighbours): readonly Pair[] {
  const parameters = parametersOf(path).filter((parameter) => !NAMELESS.includes(parameter));
  if (parameters.length === 0) return [];
  const one = (parameter: string, names: Names): Names => ({ ...ours, path: { ...ours.path, [parameter]: names.path[parameter] ?? '' } });
  const all = (rest: Names, names: Names) => requestOf(operation, path, ours, { path: names, rest });
  const pair = (says: string, of: (names: Names) => ApiRequest): Pair => ({ says, foreign: of(theirs), nowhere: of(nowhere) });
  const seen = (revision: number) =>
    pair(`at revision ${revision}`, (names) => ({ ...all(ours, names), headers: { 'if-match': `"${revision}"` } }));
  return [
    pair('in the path', (names) => all(ours, names)),
    pair('everywhere', (names) => all(names, names)),
    ...(parameters.length > 1
      ? parameters.map((parameter) => pair(`as ${parameter}`, (names) => requestOf(operation, path, ours, { path: one(parameter, names) })))
      : []),
    ...(concurrency === 'if-match' ? [1, 2, 3].map(seen) : []),
  ];
}

/** A cursor of whichever list: each reads of it what it needs. */
function cursorOf({ path }: Names, { ctx }: TenantWorld): string {
  const moment = ctx.now.toISOString();
  const position = {
    name: path['model'],
    principal: path['principal'],
    number: 1_000,
    id: path['execution'],
    createdAt: moment,
    decidedAt: moment,
    to: moment,
    startTime: ctx.now.getTime(),
  };
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Everybody of one tenant asks every route for what another tenant has, and for what nobody has. */
export async function askForForeign(
  stand: ApiStand,
  neighbours: Neighbours,
  by?: Handlers,
  callers = neighbours.callers,
): Promise<Finding> {
  const { ours, theirs, markers, before, nowhere: beside } = neighbours;
  const finding: Finding = { cells: 0, leaks: [], differing: [], changed: [] };

  async function ask(operation: string, caller: Caller, request: ApiRequest): Promise<readonly [ApiAnswer, ApiRequest]> {
    const headers = {
      authorization: `Bearer ${caller.token}`,
      'sluice-tenant': ours.slug,
      'idempotency-key': randomUUID(),
      ...request.headers,
    };
    const whole = { ...request, headers };
    const answer = await stand.call(operation, whole, by);
    finding.cells += 1;
    for (const word of markers.leakedBy(whole, answer)) finding.leaks.push(`${operation} by ${caller.id}: ${word}`);
    if (ROUTES[operation]?.method !== 'GET') markers.written(request);
    return [answer, whole];
  }

  // What names of the other tenant become names of one's own is left for last: until then nobody has them.
  for (const pairsOf of [pairsOfRest, pairsOfPath])
    for (const caller of callers)
      for (const [operation, route] of Object.entries(ROUTES)) {
        if (!isPermitted(route, caller) && caller.kind === 'service') continue;
        for (const { says, foreign, nowhere } of pairsOf(operation, route, neighbours)) {
          await prepare(operation, stand, ours);
          const [theirsAnswer, nobodysAnswer] = [await ask(operation, caller, foreign), await ask(operation, caller, nowhere)];
          const [one, other] = [withoutEcho(...theirsAnswer, theirs.suffix), withoutEcho(...nobodysAnswer, beside.suffix)];
          if (one !== other) finding.differing.push(`${operation} ${says} by ${caller.id}:\n${one}\n${other}`);
        }
      }
  const after = await rowsOf(stand, theirs.id);
  finding.changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (place) => JSON.stringify(before.get(place) ?? []) !== JSON.stringify(after.get(place) ?? []),
  );
  return finding;
}

function isPermitted({ permission }: Route, { roles }: Caller): boolean {
  return permission === 'public' || permission === 'member' || permissionsOf(roles).has(permission);
}
