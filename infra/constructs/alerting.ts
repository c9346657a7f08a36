import { type EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import { deadLetters } from './dead-lettered-queue.ts';

export interface AlertingProps {
  readonly settings: Settings;
  readonly alarms: ITopic;
  readonly bus: EventBus;
}

/** A value of the event's own data. */
const data = (name: string) => EventField.fromPath(`$.detail.data.${name}`);

/** The events that somebody should hear of, and what they are told first; the whole event follows. */
const ALERTS: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  Drift: {
    type: 'monitor.drift.detected.v1',
    text: `Model ${data('model')}, version ${data('version')}: the monitor ${data('monitor')} found drift in scan ${data('scan')}. "sentences" below says where and how much.`,
  },
  RolledBack: {
    type: 'rollout.rolled-back.v1',
    text: `Model ${data('model')}: version ${data('version')} misbehaved and was rolled back in rollout ${data('rollout')}. "reason" below says why.`,
  },
  Retraining: {
    type: 'retraining.decided.v1',
    text: `Model ${data('model')}: the retraining that scan ${data('scan')} gave cause to was decided: ${data('decision')}, because of ${data('reason')}.`,
  },
};

/** Tells people, through a topic of their own: an alert is about a model, an alarm about this system. */
export class Alerting extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { settings, alarms, bus }: AlertingProps) {
    super(scope, id);
    // Not encrypted by a key of ours, as the alarms' topic is not: EventBridge cannot publish to a topic under the AWS-managed key.
    this.topic = new Topic(this, 'Topic', { displayName: `Sluice ${settings.stage} alerts`, enforceSSL: true });
    const untold = deadLetters(this, 'Untold', alarms);
    for (const [name, { type, text }] of Object.entries(ALERTS)) {
      const rule = new Rule(this, name, {
        eventBus: bus,
        description: `Sluice ${settings.stage}: tells people of ${type}`,
        eventPattern: { source: ['sluice'], detailType: [type] },
      });
      const message = RuleTargetInput.fromObject({ text, event: EventField.fromPath('$.detail') });
      rule.addTarget(new SnsTopic(this.topic, { message, deadLetterQueue: untold }));
    }
  }
}
