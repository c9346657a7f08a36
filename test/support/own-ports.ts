import { randomInt } from 'node:crypto';
import { choosePorts } from '../../local/choose-ports.ts';
import { freePort } from '../../local/free-port.ts';
import { writeRecord } from '../../local/region-record.ts';

/**
 * A test's region gets an edge that no other wants: by itself each wants the same port, and another test's may have it between two
 * starts of this one.
 */
export async function ownPorts(folder: string): Promise<void> {
  const ports = await choosePorts(folder, undefined, () => undefined);
  // Below the range the kernel takes outgoing connections' ports from.
  await writeRecord(folder, { state: 'down', ports: { ...ports, edge: await freePort(18_000 + randomInt(2_000)) } });
}
