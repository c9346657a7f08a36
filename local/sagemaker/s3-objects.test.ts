import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { uploadFile } from './s3-objects.ts';

it('an upload whose connection breaks begins again, and a refused one does not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upload-'));
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      seen.push(text);
      if (request.url?.includes('refused')) return response.writeHead(403).end();
      return seen.length < 3 ? request.socket.resetAndDestroy() : response.writeHead(200).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const s3 = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  try {
    await writeFile(join(folder, 'file'), 'the whole of it');
    await uploadFile(s3, join(folder, 'file'), { bucket: 'b', key: 'k' }, undefined);
    expect(seen).toEqual(['the whole of it', 'the whole of it', 'the whole of it']);
    await expect(uploadFile(s3, join(folder, 'file'), { bucket: 'b', key: 'refused' }, undefined)).rejects.toThrow();
    expect(seen.length).toBe(4);
  } finally {
    server.close();
    s3.destroy();
    await rm(folder, { recursive: true });
  }
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
