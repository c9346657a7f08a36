import type { Context } from 'aws-lambda';
import { outsideEnd } from '#functions/_steps/outside-end.ts';
import { serveStep } from '#functions/_steps/serve-step.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { openMachinesFrom } from '#functions/_stores/open-machines-from.ts';
import { required } from '#functions/_stores/required.ts';
import { pipelineSteps } from './steps.ts';

const env = process.env;
const { plane, objects, bucket } = stepStores(env);

const serve = serveStep(
  'pipeline-step',
  plane,
  pipelineSteps({
    plane,
    openMachines: openMachinesFrom(env),
    objects,
    bucket,
    region: required(env, 'AWS_REGION'),
    roleArn: required(env, 'TRAINING_ROLE_ARN'),
    images: JSON.parse(required(env, 'TRAINING_IMAGES')) as Readonly<Record<string, string>>,
    builtinSource: required(env, 'BUILTIN_SOURCE_URI'),
  }),
  env,
);

/** A state of the machine, or Step Functions telling how an execution of it ended. */
export const handler = async (event: unknown, lambda: Context) =>
  serve(outsideEnd(event, { step: 'record-failure', about: 'execution' }) ?? event, lambda);
