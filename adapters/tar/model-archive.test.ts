import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Entry, tarGz } from '../../test/support/tar-gz.ts';
import { readModelArchive } from './model-archive.ts';

const limits = { modelBytes: 1000, jsonBytes: 100 };
const model: Entry = { name: 'model.onnx', content: 'onnx' };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-tar-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(archive: Buffer) {
  const file = join(folder, randomUUID());
  await writeFile(file, archive);
  return readModelArchive(file, 'job', limits);
}

describe('a job’s model archive', () => {
  it('gives the known files', async () => {
    const files = await read(await tarGz([{ name: './', type: 'directory' }, model, { name: './signature.json', content: '{}' }]));
    expect([...files].map(([name, content]) => [name, content.toString()])).toEqual([
      ['model.onnx', 'onnx'],
      ['signature.json', '{}'],
    ]);
  });

  it.each<{ name: string; entries: Entry[]; failure: object }>([
    { name: 'nothing', entries: [], failure: { code: 'model_missing', found: [] } },
    {
      name: 'no model',
      entries: [{ name: 'signature.json', content: '{}' }],
      failure: { code: 'model_missing', found: ['signature.json'] },
    },
    { name: 'a pickle', entries: [model, { name: 'model.pkl', content: 'x' }], failure: { code: 'model_not_onnx', file: 'model.pkl' } },
    {
      name: 'a folder',
      entries: [model, { name: 'code', type: 'directory' }],
      failure: { code: 'model_not_onnx', file: 'code', reason: 'it is a directory, not a file' },
    },
    {
      name: 'a link',
      entries: [{ name: 'model.onnx', type: 'symlink' }],
      failure: { code: 'model_not_onnx', reason: 'it is a symlink, not a file' },
    },
    { name: 'a way out', entries: [{ name: '../model.onnx', content: 'x' }], failure: { code: 'model_not_onnx', file: '../model.onnx' } },
    { name: 'an absolute path', entries: [{ name: '/tmp/model.onnx', content: 'x' }], failure: { code: 'model_not_onnx' } },
    { name: 'the model twice', entries: [model, model], failure: { code: 'model_not_onnx', reason: 'it is there twice' } },
    {
      name: 'a model too large',
      entries: [{ name: 'model.onnx', content: 'x'.repeat(1001) }],
      failure: { code: 'model_too_large', bytes: 1001, limit: 1000 },
    },
    {
      name: 'a profile too large',
      entries: [model, { name: 'profile.json', content: 'x'.repeat(101) }],
      failure: { code: 'model_too_large', limit: 100 },
    },
  ])('with $name is refused', async ({ entries, failure }) => {
    await expect(read(await tarGz(entries))).rejects.toMatchObject({ failure });
  });

  it.each([
    ['no gzip', Buffer.from('not compressed')],
    ['half a file', gzipSync(Buffer.alloc(700, 1))],
  ])('that is %s is refused as unreadable', async (_, archive) => {
    await expect(read(archive)).rejects.toMatchObject({ failure: { code: 'model_not_onnx', file: 'model.tar.gz' } });
  });
});
