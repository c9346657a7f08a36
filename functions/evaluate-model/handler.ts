import { serveStep } from '#functions/_steps/serve-step.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { evaluateModel } from './evaluate-model.ts';

const env = process.env;
const { plane, objects, memoryMb, threads } = stepStores(env);

export const handler = serveStep('evaluate-model', plane, { evaluate: evaluateModel({ plane, objects, memoryMb, threads }) }, env);
