import { choosePorts } from './choose-ports.ts';
import { deployedApi } from './deployed-api.ts';
import { type Edge, startEdge } from './edge.ts';
import type { Ports } from './region-record.ts';

const TRIES = 20;

/**
 * Chooses the ports and listens on the edge's at once: every clone wants the same one, so it would be gone after a set-up of a
 * minute. One that another clone takes in between is chosen again.
 */
export async function claimPorts(
  folder: string,
  remembered: Ports | undefined,
  say: (line: string) => void,
): Promise<{ readonly ports: Ports; readonly edge: Edge }> {
  let before = remembered;
  for (let left = TRIES; ; left -= 1) {
    const ports = await choosePorts(folder, before, say);
    try {
      const edge = await startEdge({ port: ports.edge, target: deployedApi(`http://127.0.0.1:${ports.aws}`, say) });
      return { ports, edge };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || left === 0) throw error;
      before = ports;
    }
  }
}
