import * as z from 'zod';
import type { dynamoMemberships } from '#adapters/dynamodb/memberships.ts';
import type { dynamoOpenMachines } from '#adapters/dynamodb/open-machines.ts';
import type { eventBus } from '#adapters/events/event-bus.ts';
import type { OutboxMessage } from '#adapters/postgres/outbox.ts';
import type { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { ROLES } from '#core/kernel/index.ts';
import { cloudEvent } from './cloud-event.ts';
import { startOrResume } from './start-or-resume.ts';

export interface DeliverProps {
  readonly bus: ReturnType<typeof eventBus>;
  readonly orchestrator: ReturnType<typeof stepFunctions>;
  readonly memberships: Pick<ReturnType<typeof dynamoMemberships>, 'project'>;
  readonly openMachines: Pick<ReturnType<typeof dynamoOpenMachines>, 'enter' | 'waitsNoLonger'>;
  /** ARN by the name that messages use. */
  readonly stateMachines: Readonly<Record<string, string>>;
  /** Makes the schedule of this subject what its latest order says. */
  schedule(tenant: string, subject: string): Promise<void>;
  warn(message: string, facts: Readonly<Record<string, unknown>>): void;
}

const ExecutionOrder = z.object({
  stateMachine: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
  /** The machine goes on from what is stored: started again where an earlier one was lost. */
  resumes: z.boolean().optional(),
});
const TaskAnswer = z.object({
  taskToken: z.string(),
  output: z.record(z.string(), z.unknown()),
  /** Whose decision it is that was waited for until a deadline. */
  waited: z.object({ machine: z.string(), name: z.string() }).optional(),
});
const MemberProjection = z.object({
  principal: z.string(),
  kind: z.enum(['user', 'service']),
  roles: z.array(z.enum(ROLES)),
  revision: z.int(),
  tenantSlug: z.string(),
});

/** Takes a message to its destination. Every destination knows a message that it had before. */
export function deliverTo({ bus, orchestrator, memberships, openMachines, stateMachines, schedule, warn }: DeliverProps) {
  return async (tenant: string, message: OutboxMessage): Promise<void> => {
    switch (message.destination) {
      case 'bus':
        return bus.put(message.type, message.subject, cloudEvent(tenant, message));
      case 'execution': {
        const { stateMachine, name, input, resumes } = ExecutionOrder.parse(message.data);
        const arn = stateMachines[stateMachine];
        if (!arn)
          throw new Error(`The message ${message.id} orders the state machine ${stateMachine}, which this deployment does not have`);
        const { traceparent } = message;
        // Before it is started: whoever breaks off in between has ordered nothing that nobody looks for.
        await openMachines.enter({ machine: stateMachine, name, tenant, input, traceparent });
        return resumes ? startOrResume(orchestrator, arn, { name, input, traceparent }) : orchestrator.start(arn, name, input, traceparent);
      }
      case 'task': {
        const { taskToken, output, waited } = TaskAnswer.parse(message.data);
        if (!(await orchestrator.answer(taskToken, output)))
          warn('nobody waits for the answer any more', { message: message.id, subject: message.subject });
        if (waited) await openMachines.waitsNoLonger({ ...waited, tenant });
        return;
      }
      case 'schedule':
        return schedule(tenant, message.subject);
      case 'membership':
        return memberships.project({ ...MemberProjection.parse(message.data), tenant });
    }
  };
}
