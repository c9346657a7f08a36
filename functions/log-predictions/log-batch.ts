import { type PredictionMessage, parsePredictionMessage, planFiles, type SettlePorts, settleFile } from '#core/serving/index.ts';
import { sha256 } from '#functions/_stores/sha256.ts';

export interface DeliveredMessage {
  readonly messageId: string;
  readonly body: string;
}

export interface BatchOutcome {
  readonly rows: number;
  readonly files: number;
  /** The messages that must come again, each with why. */
  readonly failed: ReadonlyMap<string, unknown>;
}

const AT_ONCE = 4;

/** Logs one delivery. A message that cannot be read, and the messages of a file that could not be settled, fail alone. */
export async function logBatch(ports: SettlePorts, delivered: readonly DeliveredMessage[]): Promise<BatchOutcome> {
  const failed = new Map<string, unknown>();
  const readable: { readonly messageId: string; readonly message: PredictionMessage }[] = [];
  for (const { messageId, body } of delivered) {
    try {
      readable.push({ messageId, message: parsePredictionMessage(body) });
    } catch (error) {
      failed.set(messageId, error);
    }
  }
  const files = planFiles(
    readable.map(({ message }) => message),
    sha256,
  );
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      try {
        await settleFile(ports, file);
      } catch (error) {
        for (const index of file.messages) failed.set(readable[index]?.messageId ?? '', error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { rows: files.reduce((sum, { rows }) => sum + rows.length, 0), files: files.length, failed };
}
