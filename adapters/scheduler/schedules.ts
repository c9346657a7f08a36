import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';

export interface ScheduleTarget {
  readonly group: string;
  /** What the Scheduler may do for us: start the machine. */
  readonly roleArn: string;
  /** Where invocations wait that never reached the machine. */
  readonly deadLetterArn: string;
}

export interface Schedule {
  readonly name: string;
  /** `rate(…)`, `cron(…)` or `at(…)`. */
  readonly expression: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly stateMachineArn: string;
  /** `<aws.scheduler.scheduled-time>` in it becomes the time of the run. */
  readonly input: unknown;
  /** What people read in the console. */
  readonly description: string;
}

/** A run that could not be started for an hour is no longer worth it where the next one catches up. */
const RETRIES = { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 30 };

/** Schedules that start a state machine. Each order may be given again. */
export function eventBridgeSchedules(client: Pick<SchedulerClient, 'send'>, { group, roleArn, deadLetterArn }: ScheduleTarget) {
  const update = (schedule: CreateScheduleCommandInput) =>
    client.send(new UpdateScheduleCommand(schedule)).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ResourceNotFoundException) return false;
        throw error;
      },
    );
  return {
    async put({ name, expression, timezone, enabled, stateMachineArn, input, description }: Schedule): Promise<void> {
      const schedule: CreateScheduleCommandInput = {
        Name: name,
        GroupName: group,
        Description: description,
        ScheduleExpression: expression,
        ScheduleExpressionTimezone: timezone,
        FlexibleTimeWindow: { Mode: 'OFF' },
        State: enabled ? 'ENABLED' : 'DISABLED',
        Target: {
          Arn: stateMachineArn,
          RoleArn: roleArn,
          Input: JSON.stringify(input),
          DeadLetterConfig: { Arn: deadLetterArn },
          RetryPolicy: RETRIES,
        },
      };
      if (await update(schedule)) return;
      try {
        await client.send(new CreateScheduleCommand(schedule));
      } catch (error) {
        if (!(error instanceof ConflictException)) throw error;
        // Somebody made it meanwhile.
        await client.send(new UpdateScheduleCommand(schedule));
      }
    },
    async remove(name: string): Promise<void> {
      await client.send(new DeleteScheduleCommand({ Name: name, GroupName: group })).catch((error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      });
    },
  };
}
