import type { TenantWorld } from '../support/tenant-names.ts';
import type { ApiAnswer, ApiRequest } from '../support/through-the-gateway.ts';
import { saidIn } from './answers.ts';

/** What shows that an answer knows something of another tenant. */
export interface Markers {
  /** Words of the other tenant in an answer that the caller did not bring himself. */
  leakedBy(request: ApiRequest, answer: ApiAnswer): readonly string[];
  /** What the caller's own tenant was told by the caller: from then on it is his word too. */
  written(request: ApiRequest): void;
}

/** @param ids every id that the other tenant's rows have */
export function markersOf({ id, slug, secret, path, spare, upload }: TenantWorld, ids: ReadonlySet<string>): Markers {
  const names = Object.entries(path).filter(([parameter]) => parameter !== 'version');
  const words = new Set([id, slug, secret, spare, upload.dataset, upload.batch, ...names.map(([, name]) => name), ...ids]);
  const brought = new Set<string>();
  const saysSo = (request: ApiRequest, word: string) => saidIn(request).some((said) => said.includes(word));
  return {
    leakedBy(request, { headers, text }) {
      const answer = `${JSON.stringify(headers)}\n${text}`;
      return [...words].filter((word) => answer.includes(word) && !brought.has(word) && !saysSo(request, word));
    },
    written(request) {
      for (const word of words) if (word !== secret && word !== id && saysSo(request, word)) brought.add(word);
    },
  };
}
