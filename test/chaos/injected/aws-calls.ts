import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { type FaultLayer, KINDS, type Kind } from './faults.ts';
import { type LambdaProcess, never, within } from './lambda-process.ts';

type Input = Readonly<Record<string, unknown>>;

export interface AwsCall {
  /** Of the SDK's command, such as `PutItem`. */
  readonly command: string;
  readonly input: Input;
}

/** What answers in the engine's place, and hears of what the engine did. */
export interface AwsSide {
  /** The output of a command that is played here; undefined when it goes to the engine. @throws the service's own errors */
  answer(call: AwsCall): Promise<object> | undefined;
  done(call: AwsCall): void;
}

interface Attempt {
  readonly output: object;
  readonly response: unknown;
}
type Next = (args: { readonly input: Input }) => Promise<Attempt>;
interface Client {
  readonly middlewareStack: { add(middleware: (next: Next, context: object) => Next, options: object): void };
  destroy(): void;
}

/**
 * Every attempt of every command goes through the layer, below the SDK's retries. `refused` and `answer lost` hold for all attempts
 * of the one command, so that the app sees the error; `twice` is the SDK's own retry after an answer that was lost.
 */
export function watchAws(faults: FaultLayer, aws: AwsSide): void {
  const base = Object.getPrototypeOf(S3Client.prototype) as { send(this: Client, ...args: unknown[]): unknown };
  const send = base.send;
  const known = new WeakSet<object>();
  base.send = function (...args) {
    const caller = within.getStore();
    if (caller && !caller.isAlive) return never();
    if (caller && !known.has(this)) {
      known.add(this);
      caller.closers.add(() => this.destroy());
      this.middlewareStack.add((next, context) => watched(faults, aws, next, context), {
        step: 'deserialize',
        priority: 'high',
        name: 'faults',
      });
    }
    return send.apply(this, args);
  };
}

interface Planned {
  readonly kind: Kind | undefined;
  attempts: number;
}
const plans = new WeakMap<object, Planned>();

function watched(faults: FaultLayer, aws: AwsSide, next: Next, context: object): Next {
  return async (args) => {
    const caller = within.getStore() as LambdaProcess;
    const command = (context as { readonly commandName: string }).commandName.replace(/Command$/, '');
    const call = { command, input: args.input };
    const name = `aws ${caller.fn}:${caller.task} ${command} ${subjectOf(args.input)}`;
    // One plan for all attempts of a command.
    const plan = plans.get(context) ?? { kind: faults.next(name, KINDS), attempts: 0 };
    plans.set(context, plan);
    plan.attempts += 1;
    const { kind, attempts } = plan;
    const fault =
      kind === 'twice' ? (attempts === 1 ? 'answer lost' : undefined) : attempts === 1 || kind === 'refused' ? kind : kind && 'refused';
    return faults.play(fault, {
      caller,
      perform: async () => {
        const answer = aws.answer(call);
        const attempt = answer ? { output: { $metadata: {}, ...(await answer) }, response: {} } : await next(args);
        aws.done(call);
        const { Body } = attempt.output as { readonly Body?: unknown };
        if (Body instanceof Readable) endsWith(caller, Body);
        return attempt;
      },
      fail: () => {
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
      },
    });
  };
}

/** What a killed process was about to read breaks off with its sockets, and nobody listens to that. */
function endsWith(caller: LambdaProcess, body: Readable): void {
  body.on('error', (error) => {
    if (caller.isAlive && body.listenerCount('error') === 1) throw error;
  });
}

/** Which table, queue, function or kind of object; without what differs between two loops. */
function subjectOf(input: Input): string {
  const { TableName, QueueUrl, FunctionName, Key, Prefix, stateMachineArn, executionArn, SecretId, Entries } = input;
  if (typeof TableName === 'string') return TableName;
  if (typeof QueueUrl === 'string') return QueueUrl.split('/').at(-1) ?? '';
  const key = Key ?? Prefix;
  if (typeof key === 'string') return key.split('/').slice(2, 4).map(wordsOnly).join('/');
  const arn = stateMachineArn ?? executionArn;
  if (typeof arn === 'string') return arn.split(':')[6] ?? '';
  if (Array.isArray(Entries)) return String((Entries[0] as { readonly DetailType?: unknown }).DetailType);
  return String(FunctionName ?? SecretId ?? '');
}

function wordsOnly(part: string): string {
  return /^[a-z-]+$/.test(part) ? part : '…';
}
