import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { dynamoBell } from '#adapters/dynamodb/bell.ts';
import { controlRoutes } from '#api/control-routes.ts';
import { serve } from '#functions/_http/serve.ts';
import { controlPlaneFrom } from '#functions/_stores/control-plane-from.ts';
import { required } from '#functions/_stores/required.ts';
import { controlHandlers, S3_OPTIONS } from './control-handlers.ts';

const env = process.env;
const deps = {
  plane: controlPlaneFrom(env),
  bell: dynamoBell(new DynamoDBClient(), required(env, 'BELL_TABLE')),
  s3: new S3Client(S3_OPTIONS),
  bucket: required(env, 'DATA_BUCKET'),
  instanceTypes: required(env, 'TRAINING_INSTANCE_TYPES').split(','),
};

export const handler = serve(controlRoutes, controlHandlers(deps), { name: 'control', env });
