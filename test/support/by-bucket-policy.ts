import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { IMMUTABLE } from '../../infra/constructs/data-bucket.ts';

const ONCE = IMMUTABLE.map((keys) => new RegExp(`^${keys.replaceAll('*', '.*')}$`));

/** The bucket as its policy makes it: what is never written again is refused to who does not ask that there be nothing yet. */
export function byBucketPolicy(client: Pick<S3Client, 'send'>): Pick<S3Client, 'send'> {
  const send = async (command: unknown) => {
    if (command instanceof PutObjectCommand) {
      const { Key = '', IfNoneMatch } = command.input;
      if (IfNoneMatch === undefined && ONCE.some((keys) => keys.test(Key))) throw new Error(`AccessDenied: ${Key} is written once`);
    }
    return client.send(command as never);
  };
  return { send: send as S3Client['send'] };
}
