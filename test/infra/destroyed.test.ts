import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../infra/config.ts';
import { resources, STAGES, synthesized } from './synth.ts';

/** What holds data, or the record of what became of it. */
const STATEFUL = [
  'AWS::Cognito::UserPool',
  'AWS::DocDB::DBCluster',
  'AWS::DocDB::DBInstance',
  'AWS::DynamoDB::Table',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBInstance',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
];

/** What the library keeps with a cluster that is kept: it stands in them. */
const AROUND_CLUSTERS = ['AWS::EC2::SecurityGroup Data/Stores', 'AWS::RDS::DBSubnetGroup Data/Stores'];

describe.each(STAGES)('%s destroyed', (stage) => {
  const { keepData } = settingsOf(stage);
  const all = resources(stage);

  it('keeps whatever is stateful, or all of it goes, as its setting says', () => {
    const policy = keepData ? 'Retain' : 'Delete';
    const stateful = all.filter(([, { Type }]) => STATEFUL.includes(Type));
    expect(stateful.length).toBeGreaterThan(30);
    const others = stateful.filter(
      ([, { DeletionPolicy, UpdateReplacePolicy }]) => DeletionPolicy !== policy || UpdateReplacePolicy !== policy,
    );
    expect(others.map(([id]) => id)).toEqual([]);
  });

  it('keeps nothing else', () => {
    const kept = all.filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete');
    const expected = [...STATEFUL.map((type) => `${type} `), ...AROUND_CLUSTERS];
    expect(kept.map(([id, { Type }]) => `${Type} ${id}`).filter((each) => !expected.some((start) => each.startsWith(start)))).toEqual([]);
  });

  it('was protected from it where it keeps its data', () => {
    const stacks = synthesized(stage).app.node.children.filter((child) => Stack.isStack(child));
    for (const { terminationProtection, stackName } of stacks) expect(terminationProtection, stackName).toBe(keepData);
    const isOn = (properties: Record<string, unknown>) =>
      properties['DeletionProtection'] ?? properties['DeletionProtectionEnabled'] ?? false;
    for (const type of ['AWS::RDS::DBCluster', 'AWS::DocDB::DBCluster', 'AWS::DynamoDB::Table', 'AWS::Cognito::UserPool'])
      for (const [id, { Properties }] of resources(stage, type))
        expect([true, 'ACTIVE'].includes(isOn(Properties) as never), id).toBe(keepData);
  });
});
