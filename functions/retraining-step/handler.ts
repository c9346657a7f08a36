import { serveTask } from '#functions/_steps/serve-task.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { required } from '#functions/_stores/required.ts';
import { decide } from './decide.ts';
import { recordFailure } from './record-failure.ts';

const env = process.env;
const deps = { plane: controlPlaneFrom(env), instanceTypes: required(env, 'TRAINING_INSTANCE_TYPES').split(',') };

export const handler = serveTask('retraining', { decide: decide(deps), 'record-failure': recordFailure(deps) }, env);
