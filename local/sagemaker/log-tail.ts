import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

export interface LogLine {
  readonly text: string;
  /** When it was read, epoch milliseconds. */
  readonly at: number;
}

const CHUNK_BYTES = 1024 * 1024;

/** Follows a file that grows: each call gives the whole lines that are new since the last; `isLast` also gives an unended one. */
export function logTail(path: string): (isLast?: boolean) => Promise<readonly LogLine[]> {
  const decoder = new StringDecoder('utf8');
  let offset = 0;
  let rest = '';
  return async (isLast = false) => {
    const file = await open(path, 'r').catch(() => undefined);
    if (!file) return [];
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        rest += decoder.write(chunk.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (isLast && rest !== '') lines.push(rest);
    const at = Date.now();
    return lines.map((text) => ({ text: text.replace(/\r$/, ''), at }));
  };
}
