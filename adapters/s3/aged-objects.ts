import { DeleteObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { type AgedObjects, REMOVABLE_FOLDERS, type StoredVersion } from '#core/retention/index.ts';
import { patiently } from './patiently.ts';

/**
 * One by one, which costs nothing: of a request for many the laptop's engine asks whether the role may leave a marker at the first
 * key, a right that whoever removes versions need not have.
 */
const AT_ONCE = 32;

/** Objects of the bucket by their age. A version is removed by its id, so that what is written meanwhile under its key stays. */
export function s3AgedObjects(client: Pick<S3Client, 'send'>, bucket: string): AgedObjects {
  return {
    async *versions(tenant, folder) {
      const Prefix = `tenants/${tenant}/${folder}`;
      for (let at: { readonly KeyMarker?: string | undefined; readonly VersionIdMarker?: string | undefined } | undefined = {}; at; ) {
        const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({ Bucket: bucket, Prefix, ...at });
        const page = await patiently(() => client.send(command));
        // A marker of a deletion is a version without content.
        yield [...(page.Versions ?? []), ...(page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0 }))].map(storedVersion);
        at = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
      }
    },
    async remove(tenant, versions) {
      const folders = REMOVABLE_FOLDERS.map((folder) => `tenants/${tenant}/${folder}`);
      const foreign = versions.find(({ key }) => !folders.some((folder) => key.startsWith(folder)));
      if (foreign) throw new Error(`${foreign.key} is nothing that may be removed for tenant ${tenant}`);
      const left = versions.values();
      const worker = async () => {
        for (const { key, id } of left)
          await patiently(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: id })));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    },
  };
}

interface Listed {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly Size?: number | undefined;
  readonly LastModified?: Date | undefined;
}

function storedVersion({ Key, VersionId, Size = 0, LastModified }: Listed): StoredVersion {
  if (!Key || !VersionId || !LastModified) throw new Error(`S3 lists a version without key, id or time: ${Key}`);
  return { key: Key, id: VersionId, bytes: Size, storedAt: LastModified };
}
