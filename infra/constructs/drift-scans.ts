import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Machine } from './machine.ts';
import { type LoopPartProps, stepFunction } from './step-function.ts';

export interface DriftScansProps extends LoopPartProps {
  /** DuckDB. */
  readonly layers: readonly ILayerVersion[];
}

/** What looks at the prediction log: the machine that monitors' schedules start, and the function that plans, scans and records. */
export class DriftScans extends Construct {
  readonly machine: Machine;

  constructor(scope: Construct, id: string, { layers, ...part }: DriftScansProps) {
    super(scope, id);
    const { settings, workspace, data } = part;
    const fn = stepFunction(this, 'DriftScan', part, {
      name: 'drift-scan',
      timeout: Duration.minutes(10),
      memoryMb: 3008,
      scratchMb: 4096,
      layers,
      mongo: true,
      environment: { OPEN_TABLE: data.tables.open.tableName, DUE_TABLE: data.tables.due.tableName },
      objects: {
        read: ['tenants/*/predictions/*', 'tenants/*/artifacts/*'],
        written: ['tenants/*/reports/drift/*'],
        reason: "Scans every tenant's windows; its keys are made from the scan, never by a caller.",
      },
    });
    data.tables.open.grant(fn, 'dynamodb:UpdateItem');
    data.tables.due.grant(fn, 'dynamodb:UpdateItem');
    this.machine = new Machine(this, 'Machine', {
      settings,
      workspace,
      name: 'drift-scan',
      functions: { DriftScan: fn },
      recorder: fn,
      alarms: data.alarms,
    });
    // A scan that fails is recorded and fails nothing else: a run that fails has not come so far as to plan one.
    const alarm = this.machine.machine.metricFailed().createAlarm(this, 'Failed', {
      alarmDescription: 'A run of a monitor failed before its scans were planned, so no scan says why. See docs/runbooks/scan-failed.md',
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(data.alarms));
  }
}
