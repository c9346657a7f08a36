import ipaddr from 'ipaddr.js';

/**
 * Whether anybody on the internet may be reached there. A webhook must not become a way to what only we can reach: our network, the
 * machine itself, or the service that gives out its credentials. Ranges that wrap another address are refused with the rest.
 */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** What is wrong with an address to call, as far as it can be said without asking DNS. */
export function urlProblem(text: string, { privateAddresses }: { readonly privateAddresses: boolean }): string | undefined {
  if (!URL.canParse(text)) return 'it is no absolute URL';
  const { protocol, username, password, hash, hostname } = new URL(text);
  if (protocol !== 'https:' && !(protocol === 'http:' && privateAddresses)) return 'it does not begin with https://';
  if (username || password) return 'it holds a user name or a password; the signature is what proves who calls';
  if (hash) return 'it holds a fragment, which is never sent';
  const literal = hostOf(hostname);
  if (!privateAddresses && (isLocalName(literal) || (ipaddr.isValid(literal) && !isPublicAddress(literal))))
    return `${literal} is not an address on the public internet`;
  return undefined;
}

/** As DNS and sockets take it: an IPv6 address without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}
