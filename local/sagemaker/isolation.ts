import { execa } from 'execa';

/** Words to put before a command so that it reaches no network; `undefined` where the machine does not allow that. */
export type NetworkIsolation = readonly string[] | undefined;

const WAYS: readonly (readonly string[])[] = [
  ['unshare', '--net', '--'],
  ['unshare', '--user', '--map-root-user', '--net', '--'], // needs no privileges, where the kernel lets users have namespaces
];

/** Tried once at the start: network namespaces are Linux's, and not every container or kernel allows them. */
export async function findNetworkIsolation(): Promise<NetworkIsolation> {
  for (const way of WAYS) {
    const [command = '', ...words] = way;
    const { failed } = await execa(command, [...words, 'true'], { reject: false });
    if (!failed) return way;
  }
  return undefined;
}
