import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoRouting } from '#adapters/dynamodb/routing.ts';
import { serveStep } from '#functions/_steps/serve-step.ts';
import { stepStores } from '#functions/_steps/step-stores.ts';
import { required } from '#functions/_stores/required.ts';
import { pipelineSteps } from './steps.ts';

const env = process.env;
const { plane, objects, bucket } = stepStores(env);

export const handler = serveStep(
  'pipeline-step',
  plane,
  pipelineSteps({
    plane,
    objects,
    bucket,
    routing: dynamoRouting(new DynamoDBClient({}), required(env, 'ROUTING_TABLE')),
    region: required(env, 'AWS_REGION'),
    roleArn: required(env, 'TRAINING_ROLE_ARN'),
    images: JSON.parse(required(env, 'TRAINING_IMAGES')) as Readonly<Record<string, string>>,
    builtinSource: required(env, 'BUILTIN_SOURCE_URI'),
  }),
);
