import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import type { Workspace } from '../workspace.ts';
import { deadLetters } from './dead-lettered-queue.ts';
import { SluiceFunction } from './sluice-function.ts';

export interface FactCounterProps {
  readonly settings: Settings;
  readonly workspace: Workspace;
  readonly alarms: ITopic;
  readonly bus: EventBus;
}

/** What functions/count-facts knows how to count. */
export const COUNTED_FACTS = [
  'execution.failed.v1',
  'approval.expired.v1',
  'rollout.succeeded.v1',
  'rollout.rolled-back.v1',
  'rollout.aborted.v1',
  'monitor.scan.completed.v1',
  'monitor.scan.failed.v1',
  'monitor.drift.detected.v1',
  'retraining.decided.v1',
];

/** Makes metrics of facts, in one place: whoever records a fact need not know that it is counted, and nothing is counted that was not committed. */
export class FactCounter extends Construct {
  constructor(scope: Construct, id: string, { bus, ...common }: FactCounterProps) {
    super(scope, id);
    const uncounted = deadLetters(this, 'Uncounted', common.alarms);
    const { fn } = new SluiceFunction(this, 'Counter', { ...common, name: 'count-facts', caller: uncounted, memoryMb: 256 });
    const rule = new Rule(this, 'Facts', {
      eventBus: bus,
      description: `Sluice ${common.settings.stage}: counts what happens to models`,
      eventPattern: { source: ['sluice'], detailType: COUNTED_FACTS },
    });
    rule.addTarget(new LambdaFunction(fn, { deadLetterQueue: uncounted }));
  }
}
