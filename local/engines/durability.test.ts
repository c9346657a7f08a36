import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { type EngineProcess, startEngine } from '../engine-process.ts';
import { freePort } from '../free-port.ts';
import { sendSignal } from '../processes.ts';
import { chooseMongo, mongoEngine, mongoUri } from './mongo.ts';
import { postgresEngine, preparePostgres } from './postgres.ts';

const root = new URL('../..', import.meta.url).pathname;
const env = { PATH: process.env['PATH'] ?? '' };
const ROUNDS = 4;
const WRITERS = 4;

let folder: string;
let running: EngineProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durability-'));
});
afterEach(async () => {
  await running?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Writer {
  /** Resolves once the server has acknowledged it. */
  write(number: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes as fast as the server acknowledges, kills it with SIGKILL in the middle of that, starts it again, and so on; then tells what was
 * acknowledged. A kill leaves the machine's memory of the disk alone: what a power cut does is not shown by this.
 */
async function acknowledgedOverKills(engine: Engine, connect: () => Promise<Writer>): Promise<readonly number[]> {
  const acknowledged: number[] = [];
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const started = await startEngine(engine, { python: 'python3', logs: folder });
    running = started;
    const writer = await connect();
    let isDead = false;
    const write = async () => {
      while (!isDead) {
        const number = next++;
        await writer.write(number).then(
          () => acknowledged.push(number),
          () => undefined,
        );
      }
    };
    const writing = Array.from({ length: WRITERS }, write);
    await sleep(400 + 300 * round);
    await killEngine(started);
    isDead = true;
    await Promise.all(writing);
    await writer.close().catch(() => undefined);
  }
  running = await startEngine(engine, { python: 'python3', logs: folder });
  return acknowledged;
}

/** The engine and not its guard, which then sees to what is left. */
async function killEngine({ pid, ended }: EngineProcess): Promise<void> {
  const { execa } = await import('execa');
  const { stdout } = await execa('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  for (const child of stdout.split('\n').filter(Boolean)) sendSignal(Number(child), 'SIGKILL');
  await ended;
}

describe('what was acknowledged outlives a kill -9', () => {
  it('of Postgres', async () => {
    const port = await freePort();
    const props = { folder: join(folder, 'postgres'), passwordFile: join(folder, 'password'), port, database: 'd', env };
    const engine = await postgresEngine(props);
    const started = await startEngine(engine, { python: 'python3', logs: folder });
    running = started;
    const address = await preparePostgres(props);
    const once = new pg.Client(address);
    await once.connect();
    await once.query('create table written (number int primary key)');
    const settings = await once.query(
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
    );
    expect(settings.rows.map(({ setting }) => setting)).toEqual(['on', 'on', 'on']);
    await once.end();
    await started.stop();
    const acknowledged = await acknowledgedOverKills(engine, async () => {
      const pool = new pg.Pool({ ...address, max: WRITERS });
      pool.on('error', () => undefined);
      return { write: async (number) => void (await pool.query('insert into written values ($1)', [number])), close: () => pool.end() };
    });
    const reader = new pg.Client(address);
    await reader.connect();
    const kept = new Set((await reader.query('select number from written')).rows.map(({ number }) => number));
    await reader.end();
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
  });

  it('of the Mongo server', async () => {
    const port = await freePort();
    const choice = await chooseMongo({ root, folder, uri: undefined, env, say: () => undefined });
    const engine = await mongoEngine({ choice, data: join(folder, 'mongo'), port, env });
    if (!engine) throw new Error('no server of our own');
    const acknowledged = await acknowledgedOverKills(engine, async () => {
      const client = await MongoClient.connect(mongoUri(choice, port), { serverSelectionTimeoutMS: 2_000, maxPoolSize: WRITERS });
      const written = client.db('d').collection<{ _id: number }>('written');
      return { write: async (number) => void (await written.insertOne({ _id: number })), close: () => client.close(true) };
    });
    const client = await MongoClient.connect(mongoUri(choice, port));
    const kept = new Set((await client.db('d').collection('written').find().toArray()).map(({ _id }) => Number(_id)));
    await client.close();
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
  });
});
