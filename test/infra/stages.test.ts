import { describe, expect, it } from 'vitest';
import { type Stage, synthesized } from './synth.ts';

/** How the laptop may differ from AWS: where the databases are, and what follows from that. Paths are `Stack/Section/Name/…`. */
const ALLOWED: readonly { readonly path: RegExp; readonly reason: string }[] = [
  { path: /^Data\/Resources\/(Data)?Stores(Postgres|Mongo)(?!App)/, reason: 'the clusters, their logs, secrets, groups and monitoring' },
  {
    path: /^Data\/Resources\/StoresPostgresApp\w*Attachment/,
    reason: 'the cluster tells its address to the secret; an external one is told by migrate',
  },
  {
    path: /^Data\/Resources\/Migrate\w+\/Properties\/Environment\/Variables\/(POSTGRES_(OWNER_)?SECRET_ARN|NODE_EXTRA_CA_CERTS)/,
    reason: 'which secret, whose certificates',
  },
  {
    path: /^\w+\/Resources\/\w+\/Properties\/Environment\/Variables\/(POSTGRES_SECRET_ARN|MONGO_SECRET_ARN|NODE_EXTRA_CA_CERTS)/,
    reason: 'which secret, whose certificates',
  },
  {
    path: /^\w+\/Resources\/\w+ServiceRoleDefaultPolicy\w+\/Properties\/PolicyDocument\/Statement\/SECRETS$/,
    reason: 'who may read which secret',
  },
  { path: /^\w+\/Resources\/\w+\/Properties\/ReservedConcurrentExecutions$/, reason: "sizes: the laptop's Postgres has 100 connections" },
  { path: /^Data\/Resources\/(Schema\w+|Migrate\w+)\/(DependsOn|Metadata)/, reason: 'the schema waits for a cluster that is made' },
  {
    path: /^Data\/Resources\/SchemaApplied\w*\/Properties\/whenDeleted$/,
    reason: 'a cluster that was made goes whole; out of another goes what is in it',
  },
  { path: /^Pipelines\/Resources\/(TrainingLogs|AWS679f53fac002430cb0da5b7982bd2287)/, reason: 'nothing else trains in the laptop region' },
  {
    path: /^\w+\/Resources\/\w+\/Properties\/Environment\/Variables\/WEBHOOK_PRIVATE_ADDRESSES$/,
    reason: 'whoever tries it out listens on the same machine',
  },
  { path: /^Control\/Resources\/OutboxSweep\w+\/Properties\/ScheduleExpression$/, reason: 'a laptop is ended at any moment: swept sooner' },
  { path: /^Data\/Outputs\/ExportsOutput(Ref|FnGetAtt)Stores/, reason: 'secrets handed to the other stacks' },
  { path: /^Network\/Outputs\/ExportsOutput/, reason: 'subnets and group handed to the clusters' },
];

/** The four secrets, as a policy of their own stack, of another stack, or by the name that an external one has. */
const SECRET =
  /^(\{"Ref":"Stores(PostgresApp|(Postgres|Mongo)SecretAttachment)\w{8}"\}|\{"Fn::ImportValue":"Sluice-stage-Data:ExportsOutputRefStores(PostgresApp|(Postgres|Mongo)SecretAttachment)\w+"\}|.*:secret:region\/(postgres|mongo)-\?{6}"\]\]\})$/;

describe('the laptop and AWS', () => {
  it('run the same system but for where the databases are', () => {
    const differences = differ(plain('local'), plain('dev'), '');
    expect(differences.filter((path) => !ALLOWED.some((each) => each.path.test(path)))).toEqual([]);
  });

  it('differ by nothing that the list still allows and nobody needs', () => {
    const differences = differ(plain('local'), plain('dev'), '');
    expect(ALLOWED.filter(({ path }) => !differences.some((each) => path.test(each))).map(({ reason }) => reason)).toEqual([]);
  });

  it.each([
    {
      name: 'a wider action on the same secret',
      statement: { Effect: 'Allow', Action: 'secretsmanager:*', Resource: { Ref: 'StoresPostgresApp67A326F2' } },
    },
    { name: 'every secret', statement: { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' } },
    { name: 'another service', statement: { Effect: 'Allow', Action: 's3:*', Resource: { Ref: 'StoresPostgresApp67A326F2' } } },
  ])('would not get away with $name', ({ statement }) => {
    const policy = (Statement: readonly Json[]) => ({
      Data: { Resources: { XServiceRoleDefaultPolicy1: { Properties: { PolicyDocument: { Statement } } } } },
    });
    const [difference = ''] = differ(policy([statement]), policy([]), '');
    expect(difference).toContain(JSON.stringify(statement));
    expect(ALLOWED.some(({ path }) => path.test(difference))).toBe(false);
  });

  it('have the same resources outside the databases and the log of training, by type and number', () => {
    const types = (stage: Stage) => count(plain(stage), (id) => !/^((Data)?Stores|TrainingLogs|AWS679)/.test(id));
    expect(types('local')).toEqual(types('dev'));
  });
});

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** All templates of a stage with the stage's own name taken out. */
function plain(stage: Stage): { readonly [stack: string]: Json } {
  const templates = Object.entries(synthesized(stage).templates).map(([name, template]) => [name, template.toJSON()]);
  return JSON.parse(
    JSON.stringify(Object.fromEntries(templates)).replace(
      new RegExp(`([Ss]luice[- :"/]*|"STAGE":"|"stage":"|"Value":")${stage}`, 'g'),
      '$1stage',
    ),
  );
}

function differ(a: Json | undefined, b: Json | undefined, path: string): string[] {
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => differ(a[key], b[key], path === '' ? key : `${path}/${key}`));
  }
  if (path.endsWith('/PolicyDocument/Statement') && Array.isArray(a) && Array.isArray(b))
    return [...extra(a, b), ...extra(b, a)].map((each) => `${path}/${each}`);
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [path];
}

/** Statements of one policy that the other lacks, each whole; those about the databases' secrets and nothing else are called `SECRETS`. */
function extra(statements: readonly Json[], others: readonly Json[]): string[] {
  const known = new Set(others.map((each) => JSON.stringify(each)));
  return statements
    .filter((each) => !known.has(JSON.stringify(each)))
    .map((each) => (isAboutSecrets(each) ? 'SECRETS' : JSON.stringify(each)));
}

function isAboutSecrets(statement: Json): boolean {
  if (!isObject(statement)) return false;
  const actions = [statement['Action']].flat();
  const resources = [statement['Resource']].flat().map((each) => JSON.stringify(each));
  return (
    actions.every((each) => typeof each === 'string' && each.startsWith('secretsmanager:') && !each.includes('*')) &&
    resources.every((each) => SECRET.test(each))
  );
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function count(templates: { readonly [stack: string]: Json }, counted: (id: string) => boolean): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const template of Object.values(templates)) {
    const resources = isObject(template) ? template['Resources'] : undefined;
    for (const [id, resource] of Object.entries(isObject(resources) ? resources : {})) {
      const type = isObject(resource) ? String(resource['Type']) : '';
      if (counted(id)) totals[type] = (totals[type] ?? 0) + 1;
    }
  }
  return totals;
}
