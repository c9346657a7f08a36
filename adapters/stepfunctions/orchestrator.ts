import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';

/** How a machine's execution ended, in Step Functions' own words. */
export interface MachineEnd {
  readonly status: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

/** Orders to the state machines. Each may be given again: an execution is named by its id, a task is answered once. */
export function stepFunctions(client: Pick<SFNClient, 'send'>) {
  return {
    async start(stateMachineArn: string, name: string, input: unknown, traceparent: string | null): Promise<void> {
      const start = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input), ...traceHeader(traceparent) });
      await client.send(start).catch((error: unknown) => {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      });
    },
    /** @returns `running`, `unknown` when there is no execution of this name, or how it ended */
    async look(stateMachineArn: string, name: string): Promise<'running' | 'unknown' | MachineEnd> {
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      try {
        const { status = '', error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : { status, error, cause };
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return 'unknown';
        throw error;
      }
    },
    /** @returns false when nobody waits for the answer any more: it was given, or the task's time is up */
    async answer(taskToken: string, output: unknown): Promise<boolean> {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
        return true;
      } catch (error) {
        if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken) return false;
        throw error;
      }
    },
  };
}

/** AWS's header for the same trace: 1-<8 digits>-<24 digits>. */
function traceHeader(traceparent: string | null): { traceHeader?: string } {
  const [, trace, span, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  if (!trace || !span) return {};
  return { traceHeader: `Root=1-${trace.slice(0, 8)}-${trace.slice(8)};Parent=${span};Sampled=${flags === '01' ? 1 : 0}` };
}
