import { serveTask } from '#functions/_steps/serve-task.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { batchSteps } from './steps.ts';

const env = process.env;
const { plane, objects, memoryMb, threads } = stepStores(env);

export const handler = serveTask('batch-prediction', batchSteps({ plane, objects, memoryMb, threads }), env);
