import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { stageMetric } from './stage-metric.ts';

export interface ErrorBudgetProps {
  readonly settings: Settings;
  readonly alarms: ITopic;
}

interface Burn {
  /** How many times faster than allowed: at 1 the budget of 30 days lasts 30 days. */
  readonly rate: number;
  /** Long enough to mean something. */
  readonly long: Duration;
  /** Short enough to end the alarm soon after the trouble has ended. */
  readonly short: Duration;
  readonly says: string;
}

/** @see Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts" */
const BURNS: Readonly<Record<string, Burn>> = {
  Fast: { rate: 14.4, long: Duration.hours(1), short: Duration.minutes(5), says: 'in two days' },
  Slow: { rate: 6, long: Duration.hours(6), short: Duration.minutes(30), says: 'in five days' },
};

/** `functions/predict` writes 0 or 1 for every call, so the average is the share that failed: no arithmetic over metrics is needed. */
export function failedShare(period: Duration): Metric {
  return stageMetric('predict', 'PredictionErrors', period).with({ statistic: 'Average' });
}

/** Rings when calls fail so fast that the share which may fail in 30 days is used up long before. */
export class ErrorBudget extends Construct {
  constructor(scope: Construct, id: string, { settings, alarms }: ErrorBudgetProps) {
    super(scope, id);
    const budget = 1 - settings.predictionSlo;
    for (const [name, { rate, long, short, says }] of Object.entries(BURNS)) {
      const within = (window: string, period: Duration): Alarm =>
        failedShare(period).createAlarm(this, `${name}${window}`, {
          alarmDescription: `A part of ${name} beside it, which rings. See docs/runbooks/error-budget.md`,
          threshold: rate * budget,
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          evaluationPeriods: 1,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        });
      const both = [within('Long', long), within('Short', short)].map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM));
      const alarm = new CompositeAlarm(this, name, {
        alarmRule: AlarmRule.allOf(...both),
        alarmDescription: `At this rate the calls that may fail in 30 days have failed ${says}. See docs/runbooks/error-budget.md`,
      });
      alarm.addAlarmAction(new SnsAction(alarms));
    }
  }
}
