import { createHash, randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '#adapters/s3/object-store.ts';
import { withScratch } from '#functions/_stores/scratch.ts';

/** What every `ObjectStore` must do. */
export function objectStoreContract(open: () => Promise<ObjectStore>) {
  describe('an object', () => {
    const newKey = () => `tenants/t/${randomUUID()}`;
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const textOf = async (store: ObjectStore, key: string) => Buffer.from((await store.read(key)) ?? []).toString();

    it('is given back as it was put, with its size and hash', async () => {
      const [store, key] = [await open(), newKey()];
      const about = { bytes: 4, sha256: hash('rows') };
      expect(await store.put(key, 'rows', 'text/plain')).toEqual({ key, ...about });
      await withScratch(async (folder) => {
        const file = join(folder, 'rows');
        expect(await store.download(key, file)).toEqual(about);
        expect(await readFile(file, 'utf8')).toBe('rows');
      });
      expect([await textOf(store, key), await store.exists(key)]).toEqual(['rows', true]);
    });

    it('that nobody put is nothing, and no file is made of it', async () => {
      const [store, key] = [await open(), newKey()];
      expect([await store.read(key), await store.exists(key)]).toEqual([undefined, false]);
      await withScratch(async (folder) => {
        const file = join(folder, 'none');
        expect(await store.download(key, file)).toBeUndefined();
        await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
      });
    });

    it('is refused by its size before a byte is written', async () => {
      const [store, key, refusal] = [await open(), newKey(), new Error('too many')];
      await store.put(key, 'too many rows', 'text/plain');
      const admit = (bytes: number) => {
        if (bytes > 5) throw refusal;
      };
      await withScratch(async (folder) => {
        const file = join(folder, 'refused');
        await expect(store.download(key, file, admit)).rejects.toBe(refusal);
        await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
      });
    });

    it('put once is one for all who put the same at once', async () => {
      const [store, body] = [await open(), randomUUID()];
      const put = () => store.putOnce((sha256) => `tenants/t/${sha256}`, Buffer.from(body), 'text/plain');
      const [first, ...others] = await Promise.all([put(), put(), put()]);
      expect(first).toEqual({ key: `tenants/t/${hash(body)}`, bytes: 36, sha256: hash(body) });
      expect([...others, await put()]).toEqual([first, first, first]);
      expect(await textOf(store, first?.key ?? '')).toBe(body);
    });

    it('put once stays as one of the racing writers put it', async () => {
      const [store, key] = [await open(), newKey()];
      const put = (text: string) => store.putOnce(() => key, Buffer.from(text), 'text/plain');
      await Promise.all([put('one'), put('two'), put('three')]);
      const kept = await textOf(store, key);
      expect(['one', 'two', 'three']).toContain(kept);
      await put('late');
      expect(await textOf(store, key)).toBe(kept);
    });

    it('uploaded once is what the first of the racing writers uploaded, and all of them are told so', async () => {
      const [store, key] = [await open(), newKey()];
      await withScratch(async (folder) => {
        const uploaded = async (text: string) => {
          await writeFile(join(folder, text), text);
          return store.uploadOnce(key, join(folder, text), 'text/plain');
        };
        const told = await Promise.all(['one', 'other', 'another'].map(uploaded));
        const kept = await textOf(store, key);
        expect(['one', 'other', 'another']).toContain(kept);
        expect([...told, await uploaded('late')]).toEqual(Array(4).fill({ key, bytes: kept.length, sha256: hash(kept) }));
        expect(await textOf(store, key)).toBe(kept);
      });
    });

    it('is replaced by what is put without that', async () => {
      const [store, key] = [await open(), newKey()];
      await store.put(key, 'first', 'text/plain');
      await store.put(key, 'second', 'text/plain');
      expect(await textOf(store, key)).toBe('second');
    });
  });
}
