/** What a caller may upload: rows to learn from, the code of a training job, or rows to predict. */
export type UploadKind = 'dataset' | 'source' | 'batch';

/** Where content of this kind is kept. Keys come from the tenant and the content, never from a caller's words. */
export function uploadKey(tenant: string, kind: UploadKind, sha256: string): string {
  switch (kind) {
    case 'dataset':
      return `tenants/${tenant}/datasets/${sha256}.parquet`;
    case 'source':
      return `tenants/${tenant}/sources/${sha256}.tar.gz`;
    case 'batch':
      return `tenants/${tenant}/batch-inputs/${sha256}`;
  }
}
