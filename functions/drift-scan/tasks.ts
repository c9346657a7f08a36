import type { Task } from '#functions/_steps/serve-task.ts';
import type { DriftScanDeps } from './deps.ts';
import { plan } from './plan.ts';
import { record, recordFailure } from './record.ts';
import { scan } from './scan.ts';

/** The steps of `state-machines/drift-scan.asl.json`. */
export function driftScanTasks(deps: DriftScanDeps): Readonly<Record<string, Task>> {
  return { plan: plan(deps), scan: scan(deps), record: record(deps), 'record-failure': recordFailure(deps) };
}
