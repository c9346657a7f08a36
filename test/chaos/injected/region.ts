import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { ConflictException, ResourceNotFoundException } from '@aws-sdk/client-scheduler';
import { type AwsCall, type AwsSide, watchAws } from './aws-calls.ts';
import { eventQueues, type QueueClient } from './event-queues.ts';
import { faultLayer, type Kind } from './faults.ts';
import { lambdaProcesses, within } from './lambda-process.ts';
import { machines } from './machines.ts';
import { watchMongo } from './mongo-calls.ts';
import { watchPostgres } from './postgres-calls.ts';
import { virtualTime } from './virtual-time.ts';

export interface RegionProps {
  /** `functions/` of the repository. */
  readonly functions: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly bellTable: string;
  readonly queues: QueueClient;
  /** What SageMaker does: leaves a model and describes the job. */
  train(request: unknown): Promise<unknown>;
}

const INVOCATION: readonly Kind[] = ['refused', 'answer lost', 'twice'];
/** The stream gives up earlier than AWS's does: what it lost the sweep has to find. */
const STREAM_TRIES = 5;
/** So often Lambda and EventBridge repeat an event that nobody took. */
const EVENT_TRIES = 10;

/** What Lambda says in place of the function. */
class ServiceException extends Error {
  override readonly name = 'Lambda.ServiceException';
}

/**
 * AWS around the functions: invokes them, brings them streams, queues, events and schedules, runs the machines. Lambda, Step Functions,
 * EventBridge and Scheduler are played here by the rules that the app relies on; S3, DynamoDB and SQS are the engine's.
 */
export function region({ functions, secrets, bellTable, queues: client, train }: RegionProps) {
  const time = virtualTime();
  const faults = faultLayer();
  const processes = lambdaProcesses(functions);
  const schedules = new Map<string, { readonly State?: string; readonly Target?: { readonly Arn?: string; readonly Input?: string } }>();

  /** One invocation, itself a call that can be refused, lose its answer or be made twice. */
  function invoke(from: string, fn: string, task: string, event: unknown): Promise<unknown> {
    const outside = <T>(work: () => Promise<T>) => within.run(undefined, work);
    return outside(() =>
      faults.pass({
        name: `invoke ${from} ${fn}:${task}`,
        kinds: INVOCATION,
        caller: undefined,
        perform: () => processes.invoke(fn, task, event),
        fail: () => {
          throw new ServiceException('the answer did not come');
        },
      }),
    );
  }

  /** Made again until it works, as asynchronous events are. */
  function tell(fn: string, task: string, event: unknown, tries = EVENT_TRIES): void {
    time.work(async () => {
      for (let attempt = 1; attempt <= tries; attempt++) {
        try {
          const answer = (await invoke('event', fn, task, event)) as { readonly batchItemFailures?: readonly unknown[] } | null;
          if (!answer?.batchItemFailures?.length) return;
        } catch {
          await time.suspend(attempt, 'short');
        }
      }
    });
  }

  const steps = machines({
    time,
    invoke: (fn, payload) => invoke('machine', fn, String((payload as { readonly step?: unknown }).step), payload),
    tell,
    train,
  });
  const queues = eventQueues({ client, time, invoke });

  const answers: Readonly<Record<string, (input: AwsCall['input']) => Promise<object> | object>> = {
    GetSecretValue: ({ SecretId }) => ({ SecretString: secrets[String(SecretId)] }),
    Invoke: async ({ FunctionName, Payload }) => {
      const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString('utf8')) as object;
      const told = (text: unknown) => Buffer.from(JSON.stringify(text));
      try {
        const [task = ''] = Object.keys(event).filter((key) => key !== 'tenant');
        return { Payload: told(await within.run(undefined, () => processes.invoke(String(FunctionName), task, event))) };
      } catch (error) {
        const { name: errorType, message: errorMessage } = error as Error;
        return { FunctionError: 'Unhandled', Payload: told({ errorType, errorMessage }) };
      }
    },
    PutEvents: async ({ Entries }) => {
      const all = Entries as readonly { readonly DetailType: string; readonly Detail: string }[];
      for (const { DetailType, Detail } of all)
        await queues.put('events', JSON.stringify({ 'detail-type': DetailType, detail: JSON.parse(Detail) }));
      return { FailedEntryCount: 0, Entries: [{}] };
    },
    CreateSchedule: (input) => {
      if (schedules.has(String(input['Name']))) throw new ConflictException({ message: 'it exists', Message: 'it exists', $metadata: {} });
      schedules.set(String(input['Name']), input);
      return {};
    },
    UpdateSchedule: (input) => {
      knownSchedule(input);
      schedules.set(String(input['Name']), input);
      return {};
    },
    DeleteSchedule: (input) => {
      knownSchedule(input);
      schedules.delete(String(input['Name']));
      return {};
    },
  };
  function knownSchedule(input: AwsCall['input']): void {
    if (!schedules.has(String(input['Name'])))
      throw new ResourceNotFoundException({ message: 'it is not there', Message: 'it is not there', $metadata: {} });
  }

  const aws: AwsSide = {
    answer: (call) => {
      const played = answers[call.command];
      if (played) return Promise.resolve(call.input).then(played);
      if (call.command === 'StartExecution' || call.command === 'DescribeExecution' || call.command === 'SendTaskSuccess')
        return Promise.resolve(call).then((one) => within.run(undefined, () => steps.answer(one)) ?? {});
      return undefined;
    },
    done: ({ command, input }) => {
      within.run(undefined, () => {
        if (command === 'PutItem' && input['TableName'] === bellTable) {
          const NewImage = input['Item'] as Record<string, AttributeValue>;
          tell(
            'publish-outbox',
            'stream',
            { Records: [{ eventName: 'INSERT', dynamodb: { NewImage, SequenceNumber: '1' } }] },
            STREAM_TRIES,
          );
        }
        if (command === 'SendMessage') queues.arrived(String(input['QueueUrl']));
      });
    },
  };
  watchPostgres(faults);
  watchMongo(faults);
  watchAws(faults, aws);

  return {
    time,
    faults,
    processes,
    machines: steps,
    schedules,
    invoke,
    tell,
    /** Until nothing more happens by itself, short waits included. */
    async settle(): Promise<void> {
      do await time.rest();
      while (time.goOn('short'));
    },
    /** Every schedule that is on fires once. */
    fireSchedules(): void {
      for (const [name, { State, Target }] of schedules) {
        const at = new Date().toISOString();
        const input = (Target?.Input ?? '{}').replaceAll('<aws.scheduler.scheduled-time>', at);
        if (State === 'ENABLED') steps.start(Target?.Arn ?? '', `${name}-${Date.now()}`, input);
      }
    },
    /** The next loop starts in an account where nothing runs. */
    forget(): void {
      time.forget();
      steps.forget();
      schedules.clear();
      queues.forget();
    },
  };
}

export type Region = ReturnType<typeof region>;
