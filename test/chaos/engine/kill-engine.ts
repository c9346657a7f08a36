import { poll } from '../../../local/poll.ts';
import { readRecord } from '../../../local/region-record.ts';
import { underGuard } from '../real/victims.ts';

const UP_AGAIN_SECONDS = 180;

/** Ends the region's AWS engine with SIGKILL; returns at once. */
export async function strikeEngine(folder: string): Promise<{ readonly guard: number }> {
  const record = await readRecord(folder);
  if (record?.state !== 'ready') throw new Error(`the region is ${record?.state ?? 'gone'}`);
  const guard = record.engines['aws'] ?? 0;
  const engine = await underGuard(guard, 'the AWS engine');
  if (!engine) throw new Error('the AWS engine is not running');
  process.kill(engine.pid, 'SIGKILL');
  return { guard };
}

/** The same, and returns when the region's supervisor has another one serving. */
export async function killEngine(folder: string): Promise<void> {
  const { guard } = await strikeEngine(folder);
  const isUp = async () => {
    const record = await readRecord(folder);
    if (record?.state === 'down') throw new Error(`the region went down: ${record.reason}`);
    return record?.state === 'ready' && record.engines['aws'] !== guard ? true : undefined;
  };
  if (!(await poll(isUp, UP_AGAIN_SECONDS))) throw new Error(`the AWS engine was not up again within ${UP_AGAIN_SECONDS} s`);
}
