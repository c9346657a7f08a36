import { Duration } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge, anyVersionOf } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import type { Workspace } from '../workspace.ts';
import type { ControlTables } from './control-tables.ts';
import { deadLetters } from './dead-lettered-queue.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface OutboxPublisherProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly alarms: ITopic;
  readonly tables: ControlTables;
  readonly bus: EventBus;
  readonly machine: StateMachine;
  readonly reader: SluiceFunction;
}

/** Carries committed outbox messages to where they go. Woken by the bell's stream, outside the VPC because it calls AWS; it asks `reader`, inside, for the rows. */
export class OutboxPublisher extends Construct {
  constructor(scope: Construct, id: string, { settings, workspace, alarms, tables, bus, machine, reader }: OutboxPublisherProps) {
    super(scope, id);
    const { fn } = new SluiceFunction(this, 'Publisher', {
      name: 'publish-outbox',
      settings,
      workspace,
      alarms,
      timeout: Duration.minutes(2),
      environment: {
        READ_OUTBOX_FUNCTION: reader.fn.functionName,
        BELL_TABLE: tables.bell.tableName,
        MEMBERSHIP_TABLE: tables.memberships.tableName,
        EVENT_BUS_NAME: bus.eventBusName,
        TRAINING_MACHINE_ARN: machine.stateMachineArn,
      },
    });
    fn.addEventSource(
      new DynamoEventSource(tables.bell, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 10,
        // Writes of one intent stay in order; intents do not wait for each other's transaction.
        parallelizationFactor: 10,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: 20,
        onFailure: new SqsDlq(deadLetters(this, 'Unpublished', alarms)),
      }),
    );
    reader.fn.grantInvoke(fn);
    bus.grantPutEventsTo(fn);
    machine.grantStartExecution(fn);
    machine.grantTaskResponse(fn);
    tables.memberships.grant(fn, 'dynamodb:PutItem');
    tables.bell.grant(fn, 'dynamodb:DeleteItem');
    if (fn.role) acknowledge(fn.role, { [anyVersionOf(reader.fn)]: 'Invokes the one function that reads the rows.' });
  }
}
