import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnEventSourceMapping, type Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';

export interface DeadLetteredQueueProps {
  readonly alarms: ITopic;
  /** Six times the consumer's timeout, as Lambda asks. */
  readonly visibilityTimeout: Duration;
  /** @default 5 */
  readonly attempts?: number;
}

/** A queue whose messages are never lost: what fails `attempts` times waits two weeks where an alarm looks. */
export class DeadLetteredQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { alarms, visibilityTimeout, attempts = 5 }: DeadLetteredQueueProps) {
    super(scope, id);
    this.deadLetters = deadLetters(this, 'DeadLetters', alarms);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: attempts },
    });
  }
}

/** Answers for a function's event sources, once all are added: Lambda offers no destination for what it takes from a queue. */
export function queueKeepsFailures(fn: Lambda): void {
  const sources = fn.node.findAll().filter((each) => each instanceof CfnEventSourceMapping);
  for (const source of sources)
    acknowledge(source, {
      'Serverless-LambdaEventSourceMappingDestination': 'What fails stays in the queue and, tried often enough, goes to its dead letters.',
    });
}

/** The last stop of messages and stream records that nobody could handle; anything in it rings. */
export function deadLetters(scope: Construct, id: string, alarms: ITopic): Queue {
  const queue = new Queue(scope, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) });
  acknowledge(queue, {
    'AwsSolutions-SQS3': 'This queue is the dead-letter queue.',
    'Serverless-SQSRedrivePolicy': 'What nobody could handle ends here; an alarm calls a person and not another queue.',
  });
  const alarm = queue
    .metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'max' })
    .createAlarm(queue, 'NotEmpty', {
      alarmDescription: `${id} of ${scope.node.path} holds messages that nobody could handle. See docs/runbooks/dead-letters.md`,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  alarm.addAlarmAction(new SnsAction(alarms));
  return queue;
}
