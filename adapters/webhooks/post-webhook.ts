import { lookup as dnsLookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { hostOf, isPublicAddress, urlProblem } from './web-address.ts';

interface Address {
  readonly address: string;
  readonly family: number;
}

export interface PostWebhookProps {
  /** Whether this stage calls addresses that are not on the public internet, and such over plain HTTP. */
  readonly privateAddresses: boolean;
  /** From the first question to DNS until the answer's status. @default 10000 */
  readonly timeoutMs?: number;
  /** @default the system's resolver */
  readonly resolve?: (host: string) => Promise<readonly Address[]>;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Posts to an address that somebody gave us, and tells the status of the answer. Redirects are not followed, the answer's body is not
 * read. The name is resolved once, and the connection goes to the addresses that were looked at then: a name that means something
 * else a moment later leads nowhere new.
 * @throws when there is no answer, or the address is not one that may be called
 */
export function postWebhook({ privateAddresses, timeoutMs = 10_000, resolve = systemResolve }: PostWebhookProps) {
  return async ({ url, headers, body }: Post): Promise<number> => {
    const problem = urlProblem(url, { privateAddresses });
    if (problem) throw new Error(`The address was not called: ${problem}`);
    const target = new URL(url);
    const signal = AbortSignal.timeout(timeoutMs);
    const host = hostOf(target.hostname);
    const addresses = await orTimeout(resolve(host), signal);
    const closed = privateAddresses ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
    if (closed) throw new Error(`The address was not called: ${host} is ${closed.address}, which is not on the public internet`);
    const [first] = addresses;
    if (!first) throw new Error(`The address was not called: ${host} has no address`);
    const pinned: LookupFunction = (_host, { all }, done) => (all ? done(null, [...addresses]) : done(null, first.address, first.family));

    return new Promise((answered, failed) => {
      const begin = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const length = { 'content-length': String(Buffer.byteLength(body)) };
      const request = begin(target, { method: 'POST', headers: { ...headers, ...length }, agent: false, lookup: pinned, signal });
      request.once('response', (response) => {
        answered(response.statusCode ?? 0);
        response.destroy();
      });
      request.on('error', (error) => failed(signal.aborted ? noAnswer(timeoutMs) : error));
      request.end(body);
    });
  };

  async function orTimeout<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((done, failed) => {
      signal.addEventListener('abort', () => failed(noAnswer(timeoutMs)), { once: true });
      work.then(done, failed);
    });
  }
}

function noAnswer(timeoutMs: number): Error {
  return new Error(`There was no answer within ${timeoutMs / 1000} s`);
}

function systemResolve(host: string): Promise<readonly Address[]> {
  return dnsLookup(host, { all: true });
}
