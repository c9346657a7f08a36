/** What a caller may upload: rows, or the code of a training job. */
export type UploadKind = 'dataset' | 'source';

/** Where content of this kind is kept. Keys come from the tenant and the content, never from a caller's words. */
export function uploadKey(tenant: string, kind: UploadKind, sha256: string): string {
  return kind === 'dataset' ? `tenants/${tenant}/datasets/${sha256}.parquet` : `tenants/${tenant}/sources/${sha256}.tar.gz`;
}
