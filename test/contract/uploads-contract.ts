import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Uploads } from '#adapters/s3/uploads.ts';

export interface ReadableUploads {
  readonly uploads: Uploads;
  readonly downloadUrl: (key: string) => Promise<string>;
}

/** What every store of uploads must do. */
export function uploadsContract(open: () => Promise<ReadableUploads>) {
  describe('an upload', () => {
    const contentOf = (text: string) => {
      const body = Buffer.from(text);
      return { body, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
    };

    it('is taken from one of two that send it at once, and never again', async () => {
      const [{ uploads, downloadUrl }, key] = [await open(), `tenants/t/datasets/${randomUUID()}`];
      const [one, two] = [contentOf('PAR1 one PAR1'), contentOf('PAR1 two, longer PAR1')];
      expect(await uploads.find(key)).toBeUndefined();
      const put = async ({ body, sha256, bytes }: typeof one) => {
        const { url, headers } = await uploads.presign(key, { sha256, bytes }, new Date());
        return (await fetch(url, { method: 'PUT', headers, body })).status;
      };
      const [first, second] = await Promise.all([put(one), put(two)]);
      expect([first, second].filter((status) => status === 200)).toHaveLength(1);
      // 409 is S3's word for a write that another one overtook.
      expect([409, 412]).toContain(Math.max(first, second));
      const kept = first === 200 ? one : two;
      expect(await put(one)).toBe(412);
      expect(await put(two)).toBe(412);
      expect(await uploads.find(key)).toEqual({ bytes: kept.bytes, sha256: kept.sha256 });
      expect(Buffer.from(await (await fetch(await downloadUrl(key))).arrayBuffer())).toEqual(kept.body);
    });

    it('says how long its address is good', async () => {
      const [{ uploads }, { sha256, bytes }, now] = [await open(), contentOf('x'), new Date()];
      const { url, expiresAt } = await uploads.presign('k', { sha256, bytes }, now);
      expect(expiresAt.getTime() - now.getTime()).toBe(Number(new URL(url).searchParams.get('X-Amz-Expires')) * 1000);
    });

    it('signs the length, the checksum and that nothing is replaced', async () => {
      const [{ uploads }, { sha256, bytes }] = [await open(), contentOf('x')];
      const { url } = await uploads.presign('k', { sha256, bytes }, new Date());
      const signed = new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';');
      expect(signed).toEqual(expect.arrayContaining(['content-length', 'host', 'if-none-match', 'x-amz-checksum-sha256']));
    });

    it('of other bytes than announced is refused', async () => {
      const [{ uploads }, key, announced] = [await open(), randomUUID(), contentOf('PAR1 rows PAR1')];
      const { url, headers } = await uploads.presign(key, { sha256: announced.sha256, bytes: 5 }, new Date());
      expect((await fetch(url, { method: 'PUT', headers, body: 'other' })).ok).toBe(false);
      expect(await uploads.find(key)).toBeUndefined();
    });
  });
}
