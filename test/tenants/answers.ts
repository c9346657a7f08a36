import { createHash } from 'node:crypto';
import type { ApiAnswer, ApiRequest } from '../support/through-the-gateway.ts';

/** What is made anew for every answer and says nothing of a resource. */
const OF_THE_CALL = ['traceparent', 'sluice-request-id'];

const HASH = /\b[0-9a-f]{64}\b/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/** Every text that a request says, and what the API makes of it: the hash of a file's text, and a hash in the form of S3. */
export function saidIn({ path, query, body, headers }: ApiRequest): readonly string[] {
  const said: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      said.push(value, createHash('sha256').update(value).digest('hex'));
      if (/^[0-9a-f]{64}$/.test(value)) said.push(Buffer.from(value, 'hex').toString('base64'));
    } else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) walk(one);
  };
  walk([path, query, body, headers]);
  return said;
}

/**
 * The answer as it would be to whoever asked for anything: what the request said is the same word in every answer, and so are ids, hashes
 * and times. Longest first, because one may be a part of another. What may not be in an answer at all is for `markersOf` to find.
 *
 * @param suffix of the names that were asked for: what one's own tenant was made to say of them before is said again
 */
export function withoutEcho({ status, headers, text }: ApiAnswer, request: ApiRequest, suffix: string): string {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_CALL.includes(name.toLowerCase()));
  let whole = `${status}\n${JSON.stringify(kept.sort())}\n${text}`;
  const said = [...new Set(saidIn(request))].filter((word) => word.length > 5).sort((one, other) => other.length - one.length);
  for (const word of said)
    whole = whole.replaceAll(JSON.stringify(word).slice(1, -1), '<said>').replaceAll(encodeURIComponent(word), '<said>');
  return whole
    .replaceAll(suffix, '<suffix>')
    .replaceAll(/X-Amz-[A-Za-z]+=[^&"\\]*/g, 'X-Amz')
    .replaceAll(/whsec_[A-Za-z0-9+/=]+/g, '<secret>')
    .replaceAll(HASH, '<hash>')
    .replaceAll(UUID, '<id>')
    .replaceAll(MOMENT, '<moment>');
}
