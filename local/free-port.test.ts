import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts } from './choose-ports.ts';
import { freePort, isFree } from './free-port.ts';

const open: Server[] = [];
const occupy = async (port: number): Promise<number> => {
  const server = createServer();
  open.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('freePort', () => {
  it('takes the first wanted port that is free', async () => {
    const taken = await occupy(0);
    const free = await freePort();
    expect(await freePort(taken, free)).toBe(free);
    expect(await isFree(taken)).toBe(false);
  });
  it('takes any when all wanted ones are taken', async () => {
    const taken = await occupy(0);
    const port = await freePort(taken);
    expect(port).not.toBe(taken);
    expect(await isFree(port)).toBe(true);
  });
});

describe('choosePorts', () => {
  it('gives five different ports, the same ones again, and other ones to another folder', async () => {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const first = await choosePorts('/some/clone', undefined, say);
    expect(new Set(Object.values(first)).size).toBe(5);
    expect(await choosePorts('/some/clone', first, say)).toEqual(first);
    const other = await choosePorts('/another/clone', undefined, say);
    expect(other.aws).not.toBe(first.aws);
    expect(said).toEqual([]);
  });
  it('says which remembered port is taken and what it is now', async () => {
    const said: string[] = [];
    const first = await choosePorts('/third/clone', undefined, () => undefined);
    await occupy(first.aws);
    const second = await choosePorts('/third/clone', first, (line) => said.push(line));
    expect(second.aws).not.toBe(first.aws);
    expect(second.postgres).toBe(first.postgres);
    expect(said).toEqual([`port ${first.aws} of aws is taken by another program; now ${second.aws}`]);
  });
});
