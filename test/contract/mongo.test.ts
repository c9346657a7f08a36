import type { Db } from 'mongodb';
import { afterAll, beforeAll, describe } from 'vitest';
import { mongoCalls } from '#adapters/mongo/calls.ts';
import { mongoLabels } from '#adapters/mongo/labels.ts';
import { mongoPredictionLog } from '#adapters/mongo/prediction-log.ts';
import { mongoPredictions } from '#adapters/mongo/predictions.ts';
import { mongoReports } from '#adapters/mongo/reports.ts';
import { startMongo, type TestMongo } from '../support/mongo.ts';
import { callsContract } from './calls-contract.ts';
import { labelsContract } from './labels-contract.ts';
import { predictionLogContract } from './prediction-log-contract.ts';
import { reportsContract } from './reports-contract.ts';

let mongo: TestMongo;

beforeAll(async () => {
  mongo = await startMongo();
});
afterAll(() => mongo?.stop());

const connect = async (): Promise<Db> => mongo.client.db(mongo.database);

describe('in Mongo', () => {
  callsContract(async () => mongoCalls(connect));
  reportsContract(async () => mongoReports(connect));
  labelsContract(async () => mongoLabels(connect));
  predictionLogContract(async () => ({ log: mongoPredictionLog(connect, () => new Date()), predictions: mongoPredictions(connect) }));
});
