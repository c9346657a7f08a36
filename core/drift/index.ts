/** Whether the world of a model moved away from what it learnt. Start at judge.ts; profile.ts says what is compared. */

export { type DriftQuestion, judgeDrift } from './judge.ts';
export type { Bar, ColumnVerdict, DriftJudgement, Effect, PerformanceVerdict, Verdict } from './judgement.ts';
export { categoricalProfile, MOST_CATEGORIES, mergeProfiles } from './merge-profiles.ts';
export { numericProfile } from './numeric-profile.ts';
export { parseTrainingProfile } from './parse-training-profile.ts';
export { type Measured, measureLabelled, type PerformancePoint } from './performance.ts';
export type {
  CategoricalProfile,
  ColumnProfile,
  DatetimeProfile,
  NumericProfile,
  Profile,
  TargetProfile,
  WindowProfile,
} from './profile.ts';
export { type DriftReportFacts, driftReport } from './report.ts';
export { DRIFT_DEFAULTS, type DriftOverrides, type DriftSettings, driftSettings } from './settings.ts';
export { compareSamples, type Sample, type TwoSample, twoSample } from './two-sample.ts';
