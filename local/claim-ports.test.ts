import { expect, it } from 'vitest';
import { choosePorts } from './choose-ports.ts';
import { claimPorts } from './claim-ports.ts';
import { startEdge } from './edge.ts';

it('gives every clone that starts at the same moment an edge of its own', async () => {
  const clones = Array.from({ length: 8 }, (_, place) => `/clone/${place}`);
  const claimed = await Promise.all(clones.map((folder) => claimPorts(folder, undefined, () => undefined)));
  const ports = claimed.map(({ ports: { edge } }) => edge);
  await Promise.all(claimed.map(({ edge }) => edge.close()));
  expect(new Set(ports).size).toBe(clones.length);
  expect(claimed.map(({ edge }) => edge.port)).toEqual(ports);
});

it('says which port it has instead of the one of the last time', async () => {
  const remembered = await choosePorts('/clone', undefined, () => undefined);
  const taken = await startEdge({ port: remembered.edge, target: async () => undefined });
  const said: string[] = [];
  const { ports, edge } = await claimPorts('/clone', remembered, (line) => said.push(line));
  await Promise.all([taken.close(), edge.close()]);
  expect(said).toContain(`port ${remembered.edge} of edge is taken by another program; now ${ports.edge}`);
});
