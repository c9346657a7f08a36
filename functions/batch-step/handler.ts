import type { Context } from 'aws-lambda';
import { outsideEnd } from '#functions/_steps/outside-end.ts';
import { serveTask } from '#functions/_steps/serve-task.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { batchSteps } from './steps.ts';

const env = process.env;
const { plane, objects, memoryMb, threads } = stepStores(env);
const serve = serveTask('batch-prediction', batchSteps({ plane, objects, memoryMb, threads }), env);

/** A state of the machine, or Step Functions telling how an execution of it ended. */
export const handler = async (event: unknown, lambda: Context) =>
  serve(outsideEnd(event, { step: 'record-failure', about: 'batch' }) ?? event, lambda);
