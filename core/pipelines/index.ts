/** Pipelines: what a `pipeline.yaml` means, the plan it compiles to, and how an execution's steps are recorded. Start at compile-plan.ts. */
export { checkDefinition } from './check-definition.ts';
export { compilePlan } from './compile-plan.ts';
export {
  ALGORITHMS,
  COLUMN_ROLES,
  COLUMN_TYPES,
  type ColumnType,
  type Comparison,
  METRICS,
  type PipelineDefinition,
  type PipelineSource,
  type RowMetric,
} from './definition.ts';
export { EXECUTION_STATUSES, type ExecutionStatus, hasEnded } from './execution-status.ts';
export { expireApproval } from './expire-approval.ts';
export { machineEnd } from './machine-end.ts';
export { beginExecution, moveExecution } from './move-execution.ts';
export { featuresOf, type Plan, type PlanColumn, type PlanGate, targetOf, trainingSchema } from './plan.ts';
export type {
  Execution,
  Executions,
  Pipeline,
  Pipelines,
  PipelineVersion,
  SourceDocument,
  StepFailure,
  StepRecord,
  Steps,
} from './ports.ts';
export { putPipeline } from './put-pipeline.ts';
export { type Recording, recordedStep } from './recorded-step.ts';
export { type StartExecutionTx, startExecution } from './start-execution.ts';
export { trainingFailure } from './training-failure.ts';
export { attemptOf, trainingJob } from './training-job.ts';
