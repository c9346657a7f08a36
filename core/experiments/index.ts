/** Experiments and their runs, in MLflow's terms. Start at start-run.ts. */
export { type Experiments, type Metric, RUN_STATUSES, type Run, type Runs } from './ports.ts';
export { startRun } from './start-run.ts';
