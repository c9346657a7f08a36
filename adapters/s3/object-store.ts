import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { patiently, statusOf } from './patiently.ts';

/** S3 puts nothing where there is something; the bucket's policy asks for it under most keys (infra/constructs/data-bucket.ts). */
const ONCE = { IfNoneMatch: '*' } as const;

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ObjectStore {
  /**
   * Streams an object into a file and says what it was; undefined when there is none.
   * @param admit told the size before a byte is written; what it throws refuses the object
   */
  download(key: string, file: string, admit?: (bytes: number) => void): Promise<Omit<StoredObject, 'key'> | undefined>;
  read(key: string): Promise<Uint8Array | undefined>;
  exists(key: string): Promise<boolean>;
  /** Puts a body under a key made of its own hash, unless the key exists; either way the object is there afterwards. */
  putOnce(keyOf: (sha256: string) => string, body: Uint8Array, contentType: string): Promise<StoredObject>;
  /** Puts a file unless the key exists, and says what is there afterwards: of two who wrote different bytes both are told of the first's. */
  uploadOnce(key: string, file: string, contentType: string): Promise<StoredObject>;
  /** Puts whatever was there before. */
  put(key: string, body: Uint8Array | string, contentType: string): Promise<StoredObject>;
}

/** Files of one bucket. Every key is made by the caller's own code, never by a request. */
export function s3ObjectStore(client: Pick<S3Client, 'send'>, bucket: string): ObjectStore {
  const putBody = async (key: string, bytes: Uint8Array, sha256: string, contentType: string, once: boolean): Promise<StoredObject> => {
    const input = { Bucket: bucket, Key: key, Body: bytes, ContentType: contentType, ...checksum(sha256), ...(once ? ONCE : {}) };
    await patiently(() => send(client, input));
    return { key, bytes: bytes.byteLength, sha256 };
  };
  /** What is there by what S3 says of it: everything of ours was put with its hash. */
  const stored = async (key: string): Promise<StoredObject> => {
    const { ContentLength = 0, ChecksumSHA256 } = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
    );
    if (ChecksumSHA256 === undefined) throw new Error(`the object ${key} was put by somebody who did not say what it is`);
    return { key, bytes: ContentLength, sha256: Buffer.from(ChecksumSHA256, 'base64').toString('hex') };
  };
  return {
    download: (key, file, admit = () => undefined) =>
      patiently(async () => {
        const body = await open(client, bucket, key, admit);
        if (!body) return undefined;
        const hash = createHash('sha256');
        let bytes = 0;
        const watch = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            hash.update(chunk);
            bytes += chunk.byteLength;
            done(null, chunk);
          },
        });
        await pipeline(body, watch, createWriteStream(file));
        return { bytes, sha256: hash.digest('hex') };
      }),
    read: (key) =>
      patiently(async () => {
        const body = await open(client, bucket, key);
        return body && new Uint8Array(Buffer.concat(await body.toArray()));
      }),
    exists: (key) =>
      patiently(async () => {
        try {
          await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
          return true;
        } catch (error) {
          if (statusOf(error) === 404) return false;
          throw error;
        }
      }),
    async uploadOnce(key, file, contentType) {
      const { size } = await stat(file);
      const sha256 = await fileSha256(file);
      const about = { Bucket: bucket, Key: key, ContentLength: size, ContentType: contentType, ...checksum(sha256), ...ONCE };
      // A stream that broke cannot be sent again, so each attempt opens the file anew.
      const isNew = await patiently(() => send(client, { ...about, Body: createReadStream(file) }));
      return isNew ? { key, bytes: size, sha256 } : patiently(() => stored(key));
    },
    putOnce(keyOf, body, contentType) {
      const sha256 = hashOf(body);
      return putBody(keyOf(sha256), body, sha256, contentType, true);
    },
    put(key, body, contentType) {
      const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
      return putBody(key, bytes, hashOf(bytes), contentType, false);
    },
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function open(
  client: Pick<S3Client, 'send'>,
  bucket: string,
  key: string,
  admit: (bytes: number) => void = () => undefined,
): Promise<Readable | undefined> {
  try {
    const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const body = Body as Readable | undefined;
    try {
      admit(ContentLength);
    } catch (refusal) {
      body?.destroy();
      throw refusal;
    }
    return body;
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** False when our own condition kept it from being put: there is an object already. */
async function send(client: Pick<S3Client, 'send'>, input: ConstructorParameters<typeof PutObjectCommand>[0]): Promise<boolean> {
  try {
    await client.send(new PutObjectCommand(input));
    return true;
  } catch (error) {
    if (input.IfNoneMatch === '*' && statusOf(error) === 412) return false;
    throw error;
  }
}

function checksum(sha256: string) {
  return { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
}
