import { StoreUnavailable } from '#core/kernel/index.ts';
import {
  type CallRecord,
  type Calls,
  callOf,
  type PlannedFile,
  type PredictionMessage,
  parsePredictionMessage,
  planFiles,
  type SettlePorts,
  settleFiles,
  settleLeft,
} from '#core/serving/index.ts';
import { sha256 } from '#functions/_stores/sha256.ts';

export interface LogPorts extends SettlePorts {
  readonly calls: Pick<Calls, 'insertOnce'>;
  now(): Date;
}

export interface DeliveredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

export interface BatchOutcome {
  readonly rows: number;
  readonly files: number;
  /** The messages that must come again, each with why. */
  readonly failed: ReadonlyMap<string, unknown>;
  /** Why what earlier deliveries left open is open still; no message of this one has to come again for it. */
  readonly left: readonly unknown[];
}

interface ReadMessage {
  readonly messageId: string;
  readonly message: PredictionMessage;
  /** Whether an earlier delivery had it and did not finish, or was not heard to. */
  readonly isAgain: boolean;
}

/** So many files are settled together, and while some are with Mongo, others are with DuckDB and S3. */
const FILES_TOGETHER = 100;
const AT_ONCE = 2;

/** Logs one delivery. A message that cannot be read, and the messages of a file that could not be settled, fail alone. */
export async function logBatch(ports: LogPorts, delivered: readonly DeliveredMessage[]): Promise<BatchOutcome> {
  const failed = new Map<string, unknown>();
  const readable: ReadMessage[] = [];
  for (const { messageId, body, attributes } of delivered) {
    try {
      readable.push({ messageId, message: parsePredictionMessage(body), isAgain: attributes.ApproximateReceiveCount !== '1' });
    } catch (error) {
      failed.set(messageId, error);
    }
  }
  const files = planFiles(
    readable.map(({ message }) => message),
    sha256,
  );
  const fail = (messages: readonly number[], error: unknown) => {
    for (const index of messages) failed.set(readable[index]?.messageId ?? '', error);
  };
  const work = [
    ...together(files).map((group) => () => settleGroup(ports, group, fail)),
    ...callsByTenant(readable).map(
      (group) => () => ports.calls.insertOnce(group.tenant, group.calls).catch((error: unknown) => fail(group.messages, error)),
    ),
  ];
  const worker = async () => {
    for (let next = work.shift(); next; next = work.shift()) await next();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const left = await closeLeft(ports, readable);
  return { rows: files.reduce((sum, { rows }) => sum + rows.length, 0), files: files.length, failed, left };
}

/** For the tenants of messages that came before only: nothing is left open but by a delivery that broke off. */
async function closeLeft(ports: LogPorts, readable: readonly ReadMessage[]): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  for (const tenant of new Set(readable.flatMap(({ isAgain, message }) => (isAgain ? [message.tenant] : []))))
    await settleLeft(ports, tenant, ports.now()).catch((error: unknown) => errors.push(error));
  return errors;
}

interface Group {
  readonly tenant: string;
  readonly files: readonly PlannedFile[];
}

type Fail = (messages: readonly number[], error: unknown) => void;

/** Settling may be done again, so what failed together is tried alone: a file that never can be settled takes no other with it. */
async function settleGroup(ports: SettlePorts, { tenant, files }: Group, fail: Fail): Promise<void> {
  try {
    await settleFiles(ports, tenant, files);
  } catch (error) {
    for (const file of files) {
      try {
        if (files.length === 1 || error instanceof StoreUnavailable) throw error;
        await settleFiles(ports, tenant, [file]);
      } catch (reason) {
        fail(file.messages, reason);
      }
    }
  }
}

function together(files: readonly PlannedFile[]): readonly Group[] {
  const tenants = Map.groupBy(files, ({ tenant }) => tenant);
  return [...tenants].flatMap(([tenant, all]) =>
    Array.from({ length: Math.ceil(all.length / FILES_TOGETHER) }, (_, index) => ({
      tenant,
      files: all.slice(index * FILES_TOGETHER, (index + 1) * FILES_TOGETHER),
    })),
  );
}

function callsByTenant(readable: readonly ReadMessage[]) {
  const groups = new Map<string, { readonly tenant: string; readonly calls: CallRecord[]; readonly messages: number[] }>();
  for (const [index, { message }] of readable.entries()) {
    const { tenant } = message;
    const call = callOf(message);
    if (!call) continue;
    const group = groups.get(tenant) ?? { tenant, calls: [], messages: [] };
    groups.set(tenant, group);
    group.calls.push(call);
    group.messages.push(index);
  }
  return [...groups.values()];
}
