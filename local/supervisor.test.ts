import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownPorts } from '../test/support/own-ports.ts';
import { isFree } from './free-port.ts';
import { poll } from './poll.ts';
import { isAlive, memoryOfTree } from './processes.ts';
import { readRecord } from './region-record.ts';
import { type Supervision, supervise } from './supervisor.ts';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const AT_REST_BYTES = 1.5 * 1024 ** 3;
let folder: string;
let aborter: AbortController;
let supervision: Supervision;
const said: string[] = [];

const start = async (): Promise<Supervision> => {
  aborter = new AbortController();
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' };
  const say = (line: string) => void said.push(line);
  return supervise({ root, folder, database: 'things', mongoUri: undefined, env, say, signal: aborter.signal });
};
const stop = async (): Promise<void> => {
  aborter.abort('was asked to');
  await supervision.ended;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'region-'));
  await ownPorts(folder);
  supervision = await start();
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

const secret = async (name: string): Promise<unknown> => {
  const { endpoint } = supervision.region;
  const client = new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
  });
  return JSON.parse((await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString ?? '');
};
const query = async (text: string): Promise<pg.QueryResult> => {
  const client = new pg.Client(supervision.region.postgres);
  await client.connect();
  return client.query(text).finally(() => client.end());
};
const things = async <T>(use: (collection: ReturnType<ReturnType<MongoClient['db']>['collection']>) => Promise<T>): Promise<T> => {
  const client = new MongoClient(supervision.region.mongo.uri);
  return use(client.db('things').collection('things')).finally(() => client.close());
};

describe('a region that is still being set up', () => {
  it('holds its address, hears the end, and leaves no installation behind', async () => {
    const fresh = await mkdtemp(join(tmpdir(), 'region-fresh-'));
    const ending = new AbortController();
    const own = join(fresh, '.sluice', 'region');
    const env = { PATH: process.env['PATH'] ?? '' };
    const props = { root: fresh, folder: own, database: 'things', mongoUri: 'mongodb://127.0.0.1:1', env, say: () => undefined };
    const starting = supervise({ ...props, signal: ending.signal });
    starting.catch(() => undefined);
    expect(await poll(async () => ((await programsOf(fresh)).length > 0 ? true : undefined), 20)).toBe(true);
    const record = await readRecord(own);
    expect(record?.state).toBe('starting');
    expect(await isFree(record?.ports.edge ?? 0)).toBe(false);
    ending.abort('was asked to');
    await expect(starting).rejects.toThrow('was asked to');
    expect(await readRecord(own)).toEqual({ state: 'down', ports: record?.ports, reason: 'was asked to' });
    expect(await poll(async () => ((await programsOf(fresh)).length === 0 ? true : undefined), 10)).toBe(true);
    expect(await isFree(record?.ports.edge ?? 0)).toBe(true);
    await rm(fresh, { recursive: true, force: true, maxRetries: 10 });
  });
});

/** Programs that run with this folder in their command line. */
async function programsOf(path: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(path));
}

describe('a region', () => {
  it('tells by secrets where its databases are', async () => {
    const { postgres, mongo } = supervision.region;
    const { host, port, password } = postgres;
    expect(await secret('region/postgres')).toEqual({ host, port, dbname: 'things', username: 'owner', password, ssl: 'disable' });
    expect(await secret('region/mongo')).toEqual({ uri: mongo.uri, database: 'things' });
  });

  it('gives the owner a managed cluster’s rights and no more', async () => {
    const { rows } = await query('select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user');
    expect(rows).toEqual([{ rolsuper: false, rolcreaterole: true, rolcreatedb: true, rolbypassrls: false }]);
    const durable = await query("select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')");
    expect(new Set(durable.rows.map(({ setting }) => setting))).toEqual(new Set(['on']));
  });

  it('answers at the edge before anything is deployed', async () => {
    const answer = await fetch(`${supervision.region.edgeUrl}/v1/models`);
    expect(answer.status).toBe(503);
  });

  it('forwards to an API as soon as there is one', async () => {
    const { endpoint, edgeUrl } = supervision.region;
    const authorization =
      'AWS4-HMAC-SHA256 Credential=000000000000/20200101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=x';
    const headers = { authorization, 'content-type': 'application/json' };
    const made = await fetch(`${endpoint}/v2/apis`, { method: 'POST', headers, body: JSON.stringify({ name: 'a', protocolType: 'HTTP' }) });
    expect(made.status).toBe(201);
    const { apiId } = (await made.json()) as { apiId: string };
    const stage = JSON.stringify({ stageName: '$default', autoDeploy: true });
    await fetch(`${endpoint}/v2/apis/${apiId}/stages`, { method: 'POST', headers, body: stage });
    const answer = await fetch(`${edgeUrl}/v1/models`);
    expect(answer.status).toBe(404);
    expect(said.some((line) => line === `edge: forwards to ${endpoint}/_aws/execute-api/${apiId}/$default`)).toBe(true);
  });

  it('is small at rest', async () => {
    const sizes = await Promise.all(Object.values(supervision.region.engines).map(memoryOfTree));
    expect(sizes.every((size) => size > 0)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(AT_REST_BYTES);
  });

  it('keeps its data and its addresses over a restart, and leaves no process', async () => {
    await query('create table kept (n int)');
    await query('insert into kept values (42)');
    await things((collection) => collection.insertOne({ n: 42 }));
    const before = supervision.region;
    await stop();
    expect(Object.values(before.engines).some(isAlive)).toBe(false);
    expect(await readRecord(folder)).toEqual({ state: 'down', ports: before.ports, reason: 'was asked to' });
    supervision = await start();
    expect(supervision.region.ports).toEqual(before.ports);
    expect((await query('select n from kept')).rows).toEqual([{ n: 42 }]);
    expect(await things((collection) => collection.countDocuments({ n: 42 }))).toBe(1);
  });

  it('notices that an engine crashed, names it, and has its addresses known again', async () => {
    const guard = supervision.region.engines['aws'] ?? 0;
    process.kill(guard, 'SIGKILL');
    expect(await poll(async () => (said.includes('aws is up again') ? true : undefined), 60)).toBe(true);
    expect(said.some((line) => line.startsWith('aws was ended by SIGKILL; its log: '))).toBe(true);
    expect(await secret('region/postgres')).toMatchObject({ port: supervision.region.ports.postgres });
    const record = await readRecord(folder);
    expect(record?.state === 'ready' && record.engines['aws'] !== guard).toBe(true);
  });

  it('keeps a log of every engine', async () => {
    expect(await readdir(join(folder, 'logs'))).toEqual(expect.arrayContaining(['aws.log', 'mongo.log', 'postgres.log', 'sagemaker.log']));
  });
});
