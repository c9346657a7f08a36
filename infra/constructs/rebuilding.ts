import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config.ts';
import type { ControlTables } from './control-tables.ts';
import { deadLetters } from './dead-lettered-queue.ts';
import { DeploymentStep } from './deployment-step.ts';

export interface RebuildingProps {
  readonly settings: Settings;
  readonly alarms: ITopic;
  readonly tables: ControlTables;
  /** Makes anew from Postgres what the tables hold. */
  readonly fn: Lambda;
}

/**
 * When what the tables hold is made anew: when they are, when others take their place, and when AWS says that a fault of DynamoDB is
 * over. A person may order it at any time.
 */
export class Rebuilding extends Construct {
  constructor(scope: Construct, id: string, { settings, alarms, tables, fn }: RebuildingProps) {
    super(scope, id);
    const { memberships, routing, bell, open, due, retained } = tables;
    memberships.grant(fn, 'dynamodb:PutItem');
    routing.grant(fn, 'dynamodb:PutItem', 'dynamodb:GetItem');
    open.grant(fn, 'dynamodb:UpdateItem');
    retained.grant(fn, 'dynamodb:PutItem');
    const filled = new DeploymentStep(this, 'Filled', {
      settings,
      fn,
      type: 'Custom::SluiceTables',
      properties: {
        memberships: memberships.tableName,
        routing: routing.tableName,
        bell: bell.tableName,
        open: open.tableName,
        // Filled by the publisher, with the schedules that are ordered once more.
        due: due.tableName,
        retained: retained.tableName,
      },
    });
    // With all that it is allowed; that the function is there is known by its name.
    const allowed = fn.role?.node.tryFindChild('DefaultPolicy');
    if (allowed) filled.node.addDependency(allowed);
    const rule = new Rule(this, 'Faults', {
      description: `Sluice ${settings.stage}: what DynamoDB holds is made anew when a fault of it is over`,
      eventPattern: {
        source: ['aws.health'],
        detailType: ['AWS Health Event'],
        detail: { service: ['DYNAMODB'], eventTypeCategory: ['issue'], statusCode: ['closed'] },
      },
    });
    const event = RuleTargetInput.fromObject({ action: 'rebuild' });
    rule.addTarget(new LambdaFunction(fn, { event, deadLetterQueue: deadLetters(this, 'Unmended', alarms) }));
  }
}
