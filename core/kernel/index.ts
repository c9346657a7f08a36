/** What every capability shares: who calls, what can be refused, what is recorded. */
export { canonicalJson } from './canonical-json.ts';
export { type Context, type Principal, ROLES, type Role } from './context.ts';
export { escapeHtml } from './escape-html.ts';
export { type DataIssue, DomainError, type Failure, type FeatureIssue, type RetentionIssue, type SourceIssue } from './failure.ts';
export { nearest } from './nearest.ts';
export type { Destination, Recorded, Recorder } from './recorder.ts';
export { redact } from './redact.ts';
export { REPORT_STYLE } from './report-style.ts';
export { number, percent } from './report-text.ts';
export { StoreUnavailable } from './store-unavailable.ts';
