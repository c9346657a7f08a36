import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge, wildcard } from '../acknowledge.ts';
import type { Settings } from '../config.ts';
import { deadLetters } from './dead-lettered-queue.ts';
import { machineName } from './machine.ts';

export interface SchedulesProps {
  readonly settings: Settings;
  readonly alarms: ITopic;
  /** The machines that a schedule may start, by the names that orders use. */
  readonly machines: readonly string[];
}

/** Where the schedules of all tenants are, which are made and changed while the system runs, and what they may do. */
export class Schedules extends Construct {
  /** What a function that makes schedules has to know, as JSON. */
  readonly setting: string;
  private readonly group: ScheduleGroup;
  private readonly role: Role;

  constructor(scope: Construct, id: string, { settings, alarms, machines }: SchedulesProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: `sluice-${settings.stage}`,
      // Schedules are made anew from Postgres; those that outlived their machine would call it for ever.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const missed = deadLetters(this, 'Missed', alarms);
    this.role = new Role(this, 'Role', {
      description: `Sluice ${settings.stage}: what schedules may start`,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account }, ArnEquals: { 'aws:SourceArn': this.group.scheduleGroupArn } },
      }),
    });
    // By name: which machine is there is no business of the group's.
    const resources = machines.map((name) =>
      stack.formatArn({
        service: 'states',
        resource: 'stateMachine',
        resourceName: machineName(settings, name),
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    this.role.addToPolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources }));
    missed.grant(this.role, 'sqs:SendMessage');
    this.setting = stack.toJsonString({
      group: this.group.scheduleGroupName,
      roleArn: this.role.roleArn,
      deadLetterArn: missed.queueArn,
    });
  }

  /** Lets a function make, change and end schedules, and none but with this role. */
  grantWrite(fn: Lambda): void {
    const stack = Stack.of(this);
    const schedules = `schedule/${this.group.scheduleGroupName}/*`;
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
        resources: [stack.formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `${this.group.scheduleGroupName}/*` })],
      }),
    );
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    );
    if (fn.role)
      acknowledge(fn.role, {
        [wildcard(`Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:${schedules}`)]:
          "Makes the schedules of the stage's own group; each is named by the id of what it serves.",
      });
  }
}
