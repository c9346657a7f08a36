/** How good a model is on rows it never saw, how sure that is, and whether it may pass. Start at evaluate.ts and gates.ts. */
export { quantile } from './bootstrap.ts';
export { type ChampionComparison, misfitOf, standingsOf } from './champion.ts';
export { measure } from './classification.ts';
export { evaluate, evaluateSegment, type SegmentResult } from './evaluate.ts';
export { decideGates, type Estimate } from './gates.ts';
export { pairedBootstrap } from './paired-bootstrap.ts';
export type { EvaluationRecord, Evaluations, KeptVerdict } from './ports.ts';
export { rank } from './ranking.ts';
export { evaluationReport } from './report.ts';
