/** Experiments and their runs, in MLflow's terms. Start at start-run.ts. */
export { type Experiment, type Experiments, type Metric, RUN_STATUSES, type Run, type RunLog, type RunStatus, type Runs } from './ports.ts';
export { type StartRun, startRun } from './start-run.ts';
