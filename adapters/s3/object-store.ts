import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, PutObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ObjectStore {
  /** Streams an object into a file and says what it was; undefined when there is none. */
  download(key: string, file: string): Promise<Omit<StoredObject, 'key'> | undefined>;
  read(key: string): Promise<Uint8Array | undefined>;
  exists(key: string): Promise<boolean>;
  /** The same for a body; a function makes the key from the body's own hash. */
  putOnce(key: string | ((sha256: string) => string), body: Uint8Array, contentType: string): Promise<StoredObject>;
  /** Puts a file unless the key exists; either way the object is there afterwards. For keys that name their content or are decided once. */
  uploadOnce(key: string, file: string, contentType: string): Promise<StoredObject>;
  /** Puts whatever was there before; for keys that name a step's inputs, where a repeated step writes the same again. */
  upload(key: string, file: string, contentType: string): Promise<StoredObject>;
  put(key: string, body: Uint8Array | string, contentType: string): Promise<StoredObject>;
}

/** Files of one bucket. Every key is made by the caller's own code, never by a request. */
export function s3ObjectStore(client: Pick<S3Client, 'send'>, bucket: string): ObjectStore {
  const putBody = async (key: string, bytes: Uint8Array, sha256: string, contentType: string, once: boolean): Promise<StoredObject> => {
    await send(client, { Bucket: bucket, Key: key, Body: bytes, ContentType: contentType, ...checksum(sha256), ...condition(once) });
    return { key, bytes: bytes.byteLength, sha256 };
  };
  const putFile = async (key: string, file: string, contentType: string, once: boolean): Promise<StoredObject> => {
    const { size } = await stat(file);
    const sha256 = await fileSha256(file);
    const Body = createReadStream(file);
    await send(client, {
      Bucket: bucket,
      Key: key,
      Body,
      ContentLength: size,
      ContentType: contentType,
      ...checksum(sha256),
      ...condition(once),
    });
    return { key, bytes: size, sha256 };
  };
  return {
    async download(key, file) {
      const body = await open(client, bucket, key);
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
    },
    async read(key) {
      const body = await open(client, bucket, key);
      return body && new Uint8Array(Buffer.concat(await body.toArray()));
    },
    async exists(key) {
      try {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
        throw error;
      }
    },
    uploadOnce: (key, file, contentType) => putFile(key, file, contentType, true),
    upload: (key, file, contentType) => putFile(key, file, contentType, false),
    putOnce(key, body, contentType) {
      const sha256 = hashOf(body);
      return putBody(typeof key === 'string' ? key : key(sha256), body, sha256, contentType, true);
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

async function open(client: Pick<S3Client, 'send'>, bucket: string, key: string): Promise<Readable | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body as Readable | undefined;
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

async function send(client: Pick<S3Client, 'send'>, input: ConstructorParameters<typeof PutObjectCommand>[0]): Promise<void> {
  try {
    await client.send(new PutObjectCommand(input));
  } catch (error) {
    // 412 is our own condition: the object is there already, and its key names its content.
    if (input.IfNoneMatch === '*' && error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return;
    throw error;
  }
}

function checksum(sha256: string) {
  return { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
}

function condition(once: boolean) {
  return once ? { IfNoneMatch: '*' } : {};
}
