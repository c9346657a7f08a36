import { serveStep } from '#functions/_steps/serve-step.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { evaluateModel } from './evaluate-model.ts';

const { plane, objects, memoryMb, threads } = stepStores(process.env);

export const handler = serveStep('evaluate-model', plane, { evaluate: evaluateModel({ plane, objects, memoryMb, threads }) });
