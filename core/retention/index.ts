/** What a tenant's policy says is not kept any longer goes, and nothing else. Start at expire-data.ts. */
export { type ExpirePorts, expireData } from './expire-data.ts';
export { REMOVABLE_FOLDERS } from './kept.ts';
export { firstLook } from './next-look.ts';
export type { AgedDocuments, AgedObjects, DataInUse, Retained, RetainedTenants, StoredVersion } from './ports.ts';
