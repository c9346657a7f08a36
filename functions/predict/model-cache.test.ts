import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { packRows } from '#core/serving/index.ts';
import { modelCache } from './model-cache.ts';

const fixture = (name: string) => readFile(new URL(`../../test/fixtures/${name}`, import.meta.url));
const model = await fixture('delays.onnx');
const signature = await fixture('delays.signature.json');
const arm = (name: string) => ({
  versionId: name,
  version: 1,
  artifactKey: `${name}/model.onnx`,
  signatureKey: `${name}/signature.json`,
  weight: 1,
});

function world(limitBytes = 10 * model.byteLength) {
  const reads: string[] = [];
  const files = new Map<string, Uint8Array>();
  for (const name of ['one', 'two', 'three']) files.set(`${name}/model.onnx`, model).set(`${name}/signature.json`, signature);
  const cache = modelCache({
    limitBytes,
    read: async (key) => {
      if (key.endsWith('.onnx')) reads.push(key.split('/')[0] ?? '');
      return files.get(key);
    },
  });
  return { cache, reads, files };
}
const row = { distance: 10, delay: 1, origin: 'SFO', weekend: true, date: null };

describe('modelCache', () => {
  it('loads a model once, however many ask at once', async () => {
    const { cache, reads } = world();
    await Promise.all([cache.load(arm('one')), cache.load(arm('one')), cache.load(arm('one'))]);
    const { signature: taken, score } = await cache.load(arm('one'));
    expect(reads).toEqual(['one']);
    expect((await score(packRows(taken, [row]), 1))[0]).toBeGreaterThan(0);
  });

  it('lets the one go that nobody asked for longest', async () => {
    const { cache, reads } = world(2 * model.byteLength);
    for (const name of ['one', 'two', 'one', 'three', 'one', 'two']) await cache.load(arm(name));
    expect(reads).toEqual(['one', 'two', 'three', 'two']);
  });

  it('lets nobody down who holds the model that goes', async () => {
    const { cache } = world(model.byteLength);
    const used = cache.load(arm('one')).then(({ signature: taken, score }) => score(packRows(taken, [row]), 1));
    await cache.load(arm('two'));
    expect(await used).toHaveLength(1);
  });

  it('tries again after a failure', async () => {
    const { cache, files } = world();
    files.delete('one/model.onnx');
    await expect(cache.load(arm('one'))).rejects.toThrow('names one/model.onnx, which is not in the bucket');
    files.set('one/model.onnx', model);
    await expect(cache.load(arm('one'))).resolves.toBeDefined();
  });

  it('refuses what is larger than its memory', async () => {
    const { cache } = world(model.byteLength - 1);
    await expect(cache.load(arm('one'))).rejects.toThrow('bytes; at most');
  });

  it('calls a model that does not work a defect, not a problem of the request', async () => {
    const { cache, files } = world();
    files.set('one/model.onnx', Buffer.from('no model'));
    await expect(cache.load(arm('one'))).rejects.toMatchObject({
      name: 'Error',
      message: expect.stringContaining('one/model.onnx does not work'),
    });
  });
});
