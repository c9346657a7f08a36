import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { GraphWidget, type IMetric, type IWidget, MathExpression, Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { failedShare } from './error-budget.ts';
import { machineName } from './machine.ts';
import { stageMetric } from './stage-metric.ts';
import type { WatchingProps } from './watching.ts';

const MACHINES = ['training', 'rollout', 'drift-scan', 'retraining', 'batch-prediction'];
const WIDTH = 24;

/** The dashboard from top to bottom: the door, predictions by model, their log, drift and what followed, the machines. */
export function watchingRows(
  scope: Construct,
  { settings, api, predict, predictions }: Pick<WatchingProps, 'settings' | 'api' | 'predict' | 'predictions'>,
): readonly (readonly IWidget[])[] {
  const count = (metric: string) => stageMetric('count-facts', metric);
  const overdue = (metric: string) => stageMetric('publish-outbox', metric).with({ statistic: 'max' });
  return [
    [
      new TextWidget({
        width: WIDTH,
        height: 2,
        markdown: `# Sluice ${settings.stage}\nWhat each alarm means and what to do: \`docs/runbooks\`. A tenant asks \`GET /v1/models/{model}/health\` and scrapes \`GET /v1/metrics\`.`,
      }),
    ],
    row([
      graph('Requests', [
        api.metricCount({ statistic: 'sum' }),
        api.metricClientError({ statistic: 'sum' }),
        api.metricServerError({ statistic: 'sum' }),
      ]),
      graph('Latency of the API, ms', [api.metricLatency({ statistic: 'p50' }), api.metricLatency({ statistic: 'p95' })]),
      graph('Predict: duration, ms', [predict.metricDuration({ statistic: 'p50' }), predict.metricDuration({ statistic: 'p95' })]),
      graph('Predict: errors and throttles', [predict.metricErrors(), predict.metricThrottles()]),
    ]),
    row([
      graph('Rows predicted, by version', [byVersion('PredictedRows', 'Sum')]),
      graph('Time of a call p95, ms, by version', [byVersion('PredictionMs', 'p95')]),
      graph('Failed calls, by version', [byVersion('PredictionErrors', 'Sum')]),
      graph('Share of calls that models failed', [
        failedShare(Duration.minutes(5)).with({ label: 'over 5 minutes' }),
        failedShare(Duration.hours(1)).with({ label: 'over an hour' }),
      ]),
    ]),
    row([
      graph('Predictions waiting to be logged', [predictions.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'max' })]),
      graph('The oldest of them, s', [predictions.queue.metricApproximateAgeOfOldestMessage({ statistic: 'max' })]),
      graph('Rows logged', [stageMetric('log-predictions', 'loggedRows')]),
    ]),
    row([
      graph('Scans', [count('ScansCompleted'), count('FailedScans'), count('DriftDetected'), overdue('ScansOverdue')]),
      graph('Decisions about retraining', [count('RetrainingStarted'), count('RetrainingRefused')]),
      graph('Executions and approvals', [count('ExecutionsFailed'), count('ApprovalsExpired'), overdue('ApprovalsWaiting')]),
      graph('Rollouts', [count('RolloutsSucceeded'), count('RolledBack'), count('RolloutsAborted')]),
    ]),
    row(
      (['ExecutionsStarted', 'ExecutionsSucceeded', 'ExecutionsFailed'] as const).map((metricName) =>
        graph(
          metricName.replace('Executions', 'Executions '),
          MACHINES.map((name) => ofMachine(scope, machineName(settings, name), metricName, name)),
        ),
      ),
    ),
  ];

  function row(widgets: readonly ((width: number) => IWidget)[]): readonly IWidget[] {
    return widgets.map((widget) => widget(WIDTH / widgets.length));
  }
}

function graph(title: string, left: IMetric[]): (width: number) => IWidget {
  return (width) => new GraphWidget({ title, left, width, height: 6 });
}

/** Whatever tenants, models and versions there are. */
function byVersion(metric: string, statistic: string): IMetric {
  const expression = `SEARCH('{Sluice,tenant,model,version} MetricName="${metric}"', '${statistic}', 300)`;
  return new MathExpression({ expression, label: '', usingMetrics: {}, period: Duration.minutes(5) });
}

/** By its name's ARN: the dashboard shows the machines of stacks that know nothing of it. */
function ofMachine(scope: Construct, name: string, metricName: string, label: string): IMetric {
  const StateMachineArn = Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return new Metric({ namespace: 'AWS/States', metricName, dimensionsMap: { StateMachineArn }, statistic: 'sum', label });
}
