import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimPorts } from './claim-ports.ts';
import { putDataStoreSecrets } from './data-store-secrets.ts';
import { awsEngine, removeUnpacked } from './engines/aws.ts';
import { chooseMongo, mongoEngine, mongoUri } from './engines/mongo.ts';
import { postgresEngine, preparePostgres } from './engines/postgres.ts';
import { sagemakerEngine } from './engines/sagemaker.ts';
import { engineFleet, type Fleet } from './fleet.ts';
import { pythonEnvironment } from './python-environment.ts';
import { type Region, readRecord, writeRecord } from './region-record.ts';
import { prepareImages } from './sagemaker/images.ts';

const REQUIREMENTS = fileURLToPath(new URL('./engine/requirements.txt', import.meta.url));

export interface SuperviseProps {
  /** The clone: its packages and its Python environments. */
  readonly root: string;
  /** The region's data. */
  readonly folder: string;
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
export async function supervise({
  root,
  folder,
  database,
  mongoUri: givenMongo,
  env: outer,
  say,
  signal,
}: SuperviseProps): Promise<Supervision> {
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  signal.throwIfAborted();
  const { ports, edge } = await claimPorts(folder, (await readRecord(folder))?.ports, say);
  await writeRecord(folder, { state: 'starting', pid: process.pid, ports });
  // Node of the right version first: the engine runs functions with the `node` it finds.
  const env = { ...outer, PATH: [dirname(process.execPath), outer['PATH'] ?? ''].join(delimiter) };

  let fleet: Fleet | undefined;
  let stopping: Promise<void> | undefined;
  let isReady = false;
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const installing = new AbortController();

  const stop = (reason: string): Promise<void> => {
    stopping ??= (async () => {
      installing.abort(new Error(reason));
      await edge.close();
      // What calls the databases ends first.
      await fleet?.stop('aws', 'sagemaker');
      await removeUnpacked(join(folder, 'aws'));
      await writeRecord(folder, { state: 'down', ports, reason });
      end(reason);
    })();
    return stopping;
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
    return { pid: process.pid, ports, endpoint, edgeUrl: address(ports.edge), postgres, mongo, engines: fleet?.pids() ?? {} };
  };
  const announce = () => writeRecord(folder, { state: 'ready', ...describe() });

  signal.addEventListener('abort', () => void stop(String(signal.reason)));
  try {
    signal.throwIfAborted();
    // Everything that may have to install something begins at once. Nobody here waits for the images: who needs one first waits
    // for it, makes it again if it failed, and says why.
    const install = { root, say, signal: installing.signal };
    const choosing = chooseMongo({ ...install, folder, uri: givenMongo, env });
    choosing.catch(() => undefined);
    prepareImages(install).catch(() => undefined);
    const { python } = await pythonEnvironment({ ...install, name: 'region', requirements: REQUIREMENTS });
    signal.throwIfAborted();
    const giveUp = (reason: string) => void stop(reason);
    const onRestart = async (name: string) => {
      if (!isReady) return;
      await announce();
      // Addresses outlive a restart; only the engine that keeps them may have lost them.
      if (name === 'aws') await putDataStoreSecrets(describe());
    };
    const engines = engineFleet({ python, logs, say, giveUp, onRestart });
    fleet = engines;
    await together([
      (async () => {
        await engines.launch(await postgresEngine(postgresProps));
        postgres = await preparePostgres(postgresProps);
      })(),
      (async () => {
        const choice = await choosing;
        mongo.uri = mongoUri(choice, ports.mongo);
        const engine = await mongoEngine({ choice, data: join(folder, `mongo-${choice.kind}`), port: ports.mongo, env });
        if (engine) await engines.launch(engine);
      })(),
      (async () =>
        engines.launch(
          await awsEngine({
            folder: join(folder, 'aws'),
            port: ports.aws,
            python,
            root,
            sagemakerUrl: address(ports.sagemaker),
            enforceIam: outer['REGION_ENFORCES_IAM'] === 'true',
            env,
          }),
        ))(),
      (async () =>
        engines.launch(await sagemakerEngine({ folder: join(folder, 'sagemaker'), port: ports.sagemaker, awsUrl: endpoint, env })))(),
    ]);
    signal.throwIfAborted();
    await putDataStoreSecrets(describe());
    await announce();
    isReady = true;
  } catch (error) {
    const reason = signal.aborted ? String(signal.reason) : (error as Error).message;
    await stop(reason);
    throw signal.aborted ? new Error(reason, { cause: error }) : error;
  }
  return { region: describe(), ended };
}

/** Waits for all, also when one fails, so that no start goes on behind the back of the clean-up. */
async function together(starts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(starts)) if (outcome.status === 'rejected') throw outcome.reason;
}
