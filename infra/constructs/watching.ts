import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ComparisonOperator, Dashboard, type Metric, PeriodOverride, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import type { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { ErrorBudget } from './error-budget.ts';
import { stageMetric } from './stage-metric.ts';
import { watchingRows } from './watching-rows.ts';

export interface WatchingProps {
  readonly settings: Settings;
  readonly alarms: ITopic;
  readonly api: HttpApi;
  readonly predict: IFunction;
  readonly predictions: DeadLetteredQueue;
}

interface Bound {
  readonly metric: Metric;
  readonly atLeast: number;
  /** How many of how many periods. */
  readonly periods: readonly [number, number];
  readonly says: string;
  /** In docs/runbooks. */
  readonly runbook: string;
}

const MINUTE = Duration.minutes(1);

/** Counted every five minutes while there is something to count: over a quarter of an hour, so that a count that comes late ends no alarm. */
const overdue = (metric: string) => stageMetric('publish-outbox', metric, Duration.minutes(15)).with({ statistic: 'max' });

/** What a person of the platform is woken for, beside the alarms that every function, machine and queue brings along; and one dashboard to look at then. */
export class Watching extends Construct {
  constructor(scope: Construct, id: string, props: WatchingProps) {
    super(scope, id);
    const { settings, alarms, api, predict, predictions } = props;
    const bounds: Readonly<Record<string, Bound>> = {
      ApiFails: {
        metric: api.metricServerError({ period: MINUTE, statistic: 'sum' }),
        atLeast: 5,
        periods: [3, 5],
        says: 'The API answered 5 or more requests of a minute with 5xx',
        runbook: 'api-fails',
      },
      PredictionsFail: {
        metric: stageMetric('predict', 'PredictionErrors', MINUTE),
        atLeast: 5,
        periods: [3, 5],
        says: 'Models failed 5 or more calls of a minute',
        runbook: 'predictions-fail',
      },
      PredictionsSlow: {
        metric: predict.metricDuration({ period: MINUTE, statistic: 'p95' }),
        atLeast: 1000,
        periods: [3, 5],
        says: 'One prediction call in twenty took a second or more',
        runbook: 'predictions-slow',
      },
      LogBehind: {
        metric: predictions.queue.metricApproximateAgeOfOldestMessage({ period: MINUTE, statistic: 'max' }),
        atLeast: 300,
        periods: [3, 3],
        says: 'Predictions have waited five minutes to be logged, so scans and rollouts judge without them',
        runbook: 'log-behind',
      },
      ScanFailed: {
        metric: stageMetric('count-facts', 'FailedScans'),
        atLeast: 1,
        periods: [1, 1],
        says: 'A drift scan failed, so nobody knows whether its model still fits',
        runbook: 'scan-failed',
      },
      ScanOverdue: {
        metric: overdue('ScansOverdue'),
        atLeast: 1,
        periods: [1, 1],
        says: 'A monitor should have run an hour ago or longer and has not, so nobody knows whether its model still fits',
        runbook: 'scan-overdue',
      },
      ExecutionsFailed: {
        metric: stageMetric('count-facts', 'ExecutionsFailed'),
        atLeast: 1,
        periods: [1, 1],
        says: 'An execution of a pipeline failed; one that a gate or a person refused does not count',
        runbook: 'executions-failed',
      },
      ApprovalWaits: {
        metric: overdue('ApprovalsWaiting'),
        atLeast: 1,
        periods: [1, 1],
        says: 'A version has waited for its approval for half of the time that there is, and nobody has decided',
        runbook: 'approval-waits',
      },
      ApprovalsExpired: {
        metric: stageMetric('count-facts', 'ApprovalsExpired'),
        atLeast: 1,
        periods: [1, 1],
        says: 'A version waited for its approval until the deadline and nobody decided',
        runbook: 'approval-waits',
      },
      RolledBack: {
        metric: stageMetric('count-facts', 'RolledBack'),
        atLeast: 1,
        periods: [1, 1],
        says: 'A version misbehaved and was rolled back; the one before serves',
        runbook: 'rolled-back',
      },
    };
    for (const [name, { metric, atLeast, periods, says, runbook }] of Object.entries(bounds)) {
      const alarm = metric.createAlarm(this, name, {
        alarmDescription: `${says}. See docs/runbooks/${runbook}.md`,
        threshold: atLeast,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        datapointsToAlarm: periods[0],
        evaluationPeriods: periods[1],
        // No traffic is no trouble.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(alarms));
    }
    new ErrorBudget(this, 'PredictionBudget', { settings, alarms });
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `sluice-${settings.stage}`,
      defaultInterval: Duration.hours(3),
      periodOverride: PeriodOverride.INHERIT,
    });
    for (const row of watchingRows(this, props)) dashboard.addWidgets(...row);
  }
}
