/** The record of what was done, and its chain: what is sealed cannot be changed unseen. Start at seal-audit.ts. */
export type { AuditRow } from './audit-row.ts';
export type { Finding } from './finding.ts';
export { BEGINNING, extendChain } from './link.ts';
export type { AuditEntry, AuditPages, AuditSealing, AuditTrail, Evidence, EvidenceKeeping } from './ports.ts';
export { type Sealed, sealAudit } from './seal-audit.ts';
export type { Segment } from './segment.ts';
export { type VerifyFrom, verifyAudit } from './verify-audit.ts';
