import { serveStep } from '#functions/_steps/serve-step.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { split } from './split.ts';
import { validate } from './validate.ts';

const env = process.env;
const deps = stepStores(env);

export const handler = serveStep('data-step', deps.plane, { validate: validate(deps), split: split(deps) }, env);
