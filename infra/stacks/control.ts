import { CfnOutput, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { FactCounter } from '../constructs/fact-counter.ts';
import { OutboxPublisher } from '../constructs/outbox-publisher.ts';
import { Rebuilding } from '../constructs/rebuilding.ts';
import { Retention } from '../constructs/retention.ts';
import { Schedules } from '../constructs/schedules.ts';
import { SluiceFunction } from '../constructs/sluice-function.ts';
import { Webhooks } from '../constructs/webhooks.ts';
import type { DataStack } from './data.ts';
import type { LoopStack } from './loop.ts';
import type { NetworkStack } from './network.ts';
import type { PipelinesStack } from './pipelines.ts';
import { SluiceStack, type SluiceStackProps } from './sluice-stack.ts';

export interface ControlStackProps extends SluiceStackProps {
  readonly network: NetworkStack;
  readonly data: DataStack;
  readonly pipelines: PipelinesStack;
  readonly loop: LoopStack;
}

/** What follows a committed write, and what platform engineers may do without the API. */
export class ControlStack extends SluiceStack {
  constructor(scope: Construct, id: string, props: ControlStackProps) {
    super(scope, id, props);
    const { settings, workspace, network, data, pipelines, loop } = props;
    const common = { settings, workspace, alarms: data.alarms };
    const environment = { POSTGRES_SECRET_ARN: data.stores.postgres.secretArn };

    const reader = new SluiceFunction(this, 'ReadOutbox', {
      ...common,
      name: 'read-outbox',
      caller: 'function',
      place: network.place,
      environment: { ...environment, BELL_TABLE: data.tables.bell.tableName, EVIDENCE_BUCKET: data.evidence.bucket.bucketName },
      timeout: Duration.seconds(30),
    });
    data.stores.postgres.grantRead(reader.fn);
    // A webhook that is gone is a fact like any other.
    data.tables.bell.grant(reader.fn, 'dynamodb:PutItem');
    data.evidence.grantAdd(reader.fn, data.evidenceSpelling);
    new OutboxPublisher(this, 'Outbox', {
      ...common,
      tables: data.tables,
      bus: data.bus,
      machines: [pipelines.training, ...loop.machines],
      reader,
      schedules: new Schedules(this, 'Schedules', { settings, alarms: data.alarms, machines: ['drift-scan'] }),
    });
    new FactCounter(this, 'Facts', { ...common, bus: data.bus });
    new Retention(this, 'Retention', { settings, workspace, network, data });
    new Webhooks(this, 'Webhooks', { ...common, bus: data.bus, reader });

    const { fn: administer } = new SluiceFunction(this, 'Administer', {
      ...common,
      name: 'administer',
      caller: 'person',
      place: network.place,
      // All tenants, one after the other.
      timeout: Duration.minutes(10),
      environment: {
        ...environment,
        BELL_TABLE: data.tables.bell.tableName,
        OPEN_TABLE: data.tables.open.tableName,
        MEMBERSHIP_TABLE: data.tables.memberships.tableName,
        ROUTING_TABLE: data.tables.routing.tableName,
        RETAINED_TABLE: data.tables.retained.tableName,
      },
    });
    data.stores.postgres.grantRead(administer);
    data.tables.bell.grant(administer, 'dynamodb:PutItem');
    new Rebuilding(this, 'Rebuilding', { settings, alarms: data.alarms, tables: data.tables, fn: administer });
    new CfnOutput(this, 'AdministerFunctionName', { value: administer.functionName });
  }
}
