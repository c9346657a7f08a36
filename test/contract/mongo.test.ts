import type { Db } from 'mongodb';
import { afterAll, beforeAll, describe } from 'vitest';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { startMongo, type TestMongo } from '../support/mongo.ts';
import { labelsContract } from './labels-contract.ts';
import { predictionLogContract } from './prediction-log-contract.ts';

let mongo: TestMongo;

beforeAll(async () => {
  mongo = await startMongo();
});
afterAll(() => mongo?.stop());

const connect = async (): Promise<Db> => mongo.client.db(mongo.database);

describe('in Mongo', () => {
  labelsContract(async () => mongoLabels(connect));
  predictionLogContract(async () => ({ log: mongoPredictionLog(connect, () => new Date()), predictions: mongoPredictions(connect) }));
});
