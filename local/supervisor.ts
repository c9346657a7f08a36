import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePorts } from './choose-ports.ts';
import { putDataStoreSecrets } from './data-store-secrets.ts';
import { deployedApi } from './deployed-api.ts';
import { type Edge, startEdge } from './edge.ts';
import type { Engine } from './engine.ts';
import { type EngineProcess, startEngine } from './engine-process.ts';
import { awsEngine, removeUnpacked } from './engines/aws.ts';
import { chooseMongo, mongoEngine, mongoUri } from './engines/mongo.ts';
import { postgresEngine, preparePostgres } from './engines/postgres.ts';
import { sagemakerEngine } from './engines/sagemaker.ts';
import { pythonEnvironment } from './python-environment.ts';
import { type Region, readRecord, regionFolder, writeRecord } from './region-record.ts';

const REQUIREMENTS = fileURLToPath(new URL('./engine/requirements.txt', import.meta.url));
/** An engine that ends twice within this time has a cause that a restart does not cure. */
const PATIENCE_MILLISECONDS = 120_000;

export interface SuperviseProps {
  readonly root: string;
  /** Name of the databases. */
  readonly database: string;
  readonly mongoUri: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  /** Aborted, it takes the region down, also while it is still starting. */
  readonly signal: AbortSignal;
}

export interface Supervision {
  readonly region: Region;
  /** Settles with the reason once the region is down for good. */
  readonly ended: Promise<string>;
}

/** Starts every engine and the edge, restarts an engine that crashes, and takes all of it down together. */
export async function supervise({ root, database, mongoUri: givenMongo, env: outer, say, signal }: SuperviseProps): Promise<Supervision> {
  const folder = regionFolder(root);
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const remembered = (await readRecord(root))?.ports;
  const ports = await choosePorts(root, remembered, say);
  await writeRecord(root, { state: 'starting', pid: process.pid, ports });
  // Node of the right version first: the engine runs functions with the `node` it finds.
  const env = { ...outer, PATH: [dirname(process.execPath), outer['PATH'] ?? ''].join(delimiter) };
  const { python } = await pythonEnvironment({ name: 'region', requirements: REQUIREMENTS, root, say });

  const running = new Map<string, EngineProcess>();
  let edge: Edge | undefined;
  let stopping: Promise<void> | undefined;
  let isReady = false;
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();

  const stop = (reason: string): Promise<void> => {
    stopping ??= (async () => {
      await edge?.close();
      // What calls the databases ends first.
      await Promise.all([running.get('aws')?.stop(), running.get('sagemaker')?.stop()]);
      await Promise.all([...running.values()].map((each) => each.stop()));
      await removeUnpacked(join(folder, 'aws'));
      await writeRecord(root, { state: 'down', ports, reason });
      end(reason);
    })();
    return stopping;
  };

  const watch = async (started: EngineProcess): Promise<void> => {
    const { engine } = started;
    let last = 0;
    for (let current = started; ; ) {
      const how = await current.ended;
      if (stopping) return;
      say(`${engine.name} ${how}; its log: ${join(logs, `${engine.name}.log`)}`);
      if (Date.now() - last < PATIENCE_MILLISECONDS) return stop(`${engine.name} ${how} twice within ${PATIENCE_MILLISECONDS / 1000} s`);
      last = Date.now();
      await sleep(1_000);
      if (stopping) return;
      try {
        current = await startEngine(engine, { python, logs });
      } catch (error) {
        return stop((error as Error).message);
      }
      running.set(engine.name, current);
      if (stopping) return current.stop();
      if (isReady)
        await Promise.all([putDataStoreSecrets(describe()), announce()]).catch((error: Error) =>
          say(`after the restart of ${engine.name}: ${error.message}`),
        );
      say(`${engine.name} is up again`);
    }
  };

  const launch = async (engine: Engine): Promise<void> => {
    const started = await startEngine(engine, { python, logs });
    if (stopping) return started.stop();
    running.set(engine.name, started);
    void watch(started);
  };

  const address = (port: number) => `http://127.0.0.1:${port}`;
  const endpoint = address(ports.aws);
  const postgresProps = {
    folder: join(folder, 'postgres'),
    passwordFile: join(folder, 'postgres-password'),
    port: ports.postgres,
    database,
    env,
  };
  const mongo = { uri: '', database };
  let postgres: Region['postgres'] | undefined;

  const describe = (): Region => {
    if (!postgres) throw new Error('The region is not up yet.');
    const engines = Object.fromEntries([...running].map(([name, each]) => [name, each.pid]));
    return { pid: process.pid, ports, endpoint, edgeUrl: address(ports.edge), postgres, mongo, engines };
  };
  const announce = () => writeRecord(root, { state: 'ready', ...describe() });

  signal.addEventListener('abort', () => void stop(String(signal.reason)));
  try {
    // First, so that nobody takes its port while the engines start; it says that nothing is deployed.
    edge = await startEdge({ port: ports.edge, target: deployedApi(endpoint, say) });
    await together([
      (async () => {
        await launch(await postgresEngine(postgresProps));
        postgres = await preparePostgres(postgresProps);
      })(),
      (async () => {
        const choice = await chooseMongo({ root, folder, uri: givenMongo, env, say });
        mongo.uri = mongoUri(choice, ports.mongo);
        const engine = await mongoEngine(choice, join(folder, `mongo-${choice.kind}`), ports.mongo, env);
        if (engine) await launch(engine);
      })(),
      (async () =>
        launch(
          await awsEngine({ folder: join(folder, 'aws'), port: ports.aws, python, root, sagemakerUrl: address(ports.sagemaker), env }),
        ))(),
      (async () => launch(await sagemakerEngine({ folder: join(folder, 'sagemaker'), port: ports.sagemaker, awsUrl: endpoint, env })))(),
    ]);
    signal.throwIfAborted();
    await putDataStoreSecrets(describe());
    await announce();
    isReady = true;
  } catch (error) {
    await stop((error as Error).message);
    throw error;
  }
  return { region: describe(), ended };
}

/** Waits for all, also when one fails, so that no start goes on behind the back of the clean-up. */
async function together(starts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(starts)) if (outcome.status === 'rejected') throw outcome.reason;
}
