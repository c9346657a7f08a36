/** Whether the world of a model moved away from what it learnt. Start at judge.ts; profile.ts says what is compared. */
export { headline } from './headline.ts';
export { judgeDrift } from './judge.ts';
export type { ColumnVerdict, DriftJudgement, PerformanceVerdict } from './judgement.ts';
export { categoricalProfile } from './merge-profiles.ts';
export { numericProfile } from './numeric-profile.ts';
export { parseTrainingProfile } from './parse-training-profile.ts';
export { type Measured, measureLabelled, type PerformancePoint } from './performance.ts';
export type { ColumnProfile, Profile, WindowProfile } from './profile.ts';
export { driftReport } from './report.ts';
export { DRIFT_DEFAULTS, type DriftSettings } from './settings.ts';
export { twoSample } from './two-sample.ts';
