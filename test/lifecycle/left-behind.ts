import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { type Region, type StartedRegion, type StartRegionProps, startRegion, stopRegion } from '../../local/region.ts';
import { asSuperuser } from './kept.ts';

/** What is left after a stage was destroyed and is no resource of it, each with its reason. */
const NO_RESOURCE: readonly { readonly at: RegExp; readonly why: string }[] = [
  {
    at: /cdk-?bootstrap|CDKToolkit|cdk-hnb659fds/i,
    why: 'what the bootstrap made, with which every app of the account and region is deployed',
  },
  { at: /^cloudformation (stacks|stack_events|change_sets) .*Sluice-/, why: 'the record of deleted stacks, which AWS keeps for 90 days' },
  { at: /^stepfunctions executions? /, why: 'the record of executions, which AWS keeps for 90 days' },
  { at: /^cloudwatch metrics? /, why: 'metrics, which nobody can delete; AWS keeps them for 15 months' },
  { at: /^cloudwatch alarm_history /, why: 'the record of what alarms did, which AWS keeps for 30 days' },
  { at: /^iam aws_managed_attachment_counts /, why: 'how many roles have a policy of AWS, the bootstrap’s too; the roles are looked at' },
  { at: /^dynamodb tags .*:table/, why: 'the engine does not forget the tags of a table that is gone' },
  { at: /^(eventbridge buses|scheduler schedule_groups) default$/, why: "every account's own; the engine makes it at its first use" },
];

/** How a region tells what it holds: `service kind name` of everything there is, of whatever kind. */
export type Held = ReadonlySet<string>;

/**
 * Everything that a region holds, which is down for a moment: the engine writes all of its state when it ends.
 *
 * @returns with the region as it is up again
 */
export async function everythingHeld(props: StartRegionProps & { readonly folder: string }): Promise<readonly [Held, StartedRegion]> {
  await stopRegion(props);
  const aws = await heldByAws(join(props.folder, 'aws', 'state'));
  const region = await startRegion(props);
  return [new Set([...aws, ...(await heldByPostgres(props.folder, region)), ...(await heldByMongo(region))]), region];
}

/** The engine's saved state is read, so that no kind is forgotten because nobody thought of asking for it. */
async function heldByAws(state: string): Promise<readonly string[]> {
  const held: string[] = [];
  for (const file of (await readdir(state)).filter((name) => name.endsWith('.json'))) {
    const { payload } = JSON.parse(await readFile(join(state, file), 'utf8')) as { payload?: Readonly<Record<string, unknown>> };
    for (const [kind, table] of Object.entries(payload ?? {}))
      for (const name of namesIn(table)) held.push(`${file.replace('.json', '')} ${kind} ${name}`);
  }
  return held;
}

function heldByPostgres(folder: string, region: Region): Promise<readonly string[]> {
  return asSuperuser(folder, region, async (client) => {
    const { rows } = await client.query<{ what: string }>(
      `select 'relation ' || relname as what from pg_class where relnamespace = 'public'::regnamespace
       union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
       union all select 'role ' || rolname from pg_roles`,
    );
    return rows.map(({ what }) => `postgres ${what}`);
  });
}

async function heldByMongo({ mongo: { uri, database } }: Region): Promise<readonly string[]> {
  const client = new MongoClient(uri);
  try {
    return (await client.db(database).collections()).map(({ collectionName }) => `mongo collection ${collectionName}`);
  } finally {
    await client.close();
  }
}

/** What has come since, apart from what is no resource. */
export function leftBehind(before: Held, after: Held): readonly string[] {
  return [...after].filter((line) => !before.has(line) && !NO_RESOURCE.some(({ at }) => at.test(line))).sort();
}

/** A table by account and region has its entries under `data`. */
function namesIn(table: unknown): readonly string[] {
  if (typeof table !== 'object' || table === null) return [];
  const { data = table } = table as { readonly data?: unknown };
  if (Array.isArray(data)) return data.map((each) => JSON.stringify(each));
  return Object.entries(data as object).flatMap(([name, entry]) => (isEmpty(entry) ? [] : [readable(name)]));
}

/** The engine's own traces: an API without authorizers, a policy that nobody has any more, a layer without versions. */
function isEmpty(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return entry === 0;
  const { versions = entry } = entry as { readonly versions?: object };
  return Object.keys(versions).length === 0;
}

/** `account, region, 'name'` → `name` */
const readable = (key: string): string =>
  key
    .split('\u0000')
    .at(-1)
    ?.replace(/^'(.*)'$/, '$1') ?? key;
