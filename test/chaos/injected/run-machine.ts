import jsonata from 'jsonata';

/** An error by name, as Catch and Retry match it. */
export class StatesError extends Error {
  override readonly name = 'StatesError';
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

interface Matching {
  readonly ErrorEquals: readonly string[];
}
interface Retrier extends Matching {
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxAttempts?: number;
  readonly MaxDelaySeconds?: number;
}
interface Transition {
  readonly Next?: string;
  readonly Assign?: object;
  readonly Output?: unknown;
}
interface State extends Transition {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly TimeoutSeconds?: unknown;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly (Matching & Transition)[];
  readonly Choices?: readonly (Transition & { readonly Condition: string })[];
  readonly Default?: string;
  readonly Items?: unknown;
  readonly ItemSelector?: unknown;
  readonly ItemProcessor?: States;
  readonly MaxConcurrency?: number;
  readonly Error?: unknown;
  readonly Cause?: unknown;
  readonly End?: boolean;
}
export interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** What states do in the world. Each throws a `StatesError` when the task fails. */
export interface Tasks {
  invoke(functionName: string, payload: unknown): Promise<unknown>;
  /** The answer to the token that `payload` is made with. */
  invokeAndWait(functionName: string, payload: (token: string) => Promise<unknown>, seconds: number): Promise<unknown>;
  train(request: unknown): Promise<unknown>;
  pause(seconds: number): Promise<void>;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Runs a machine of `state-machines/`: the states, fields and JSONata that those use, and nothing else, by the Amazon States
 * Language. What a machine does not use is refused, so that no state is silently passed over. Jitter is left out: waits are not waited for.
 */
export function runMachine(machine: States, name: string, input: unknown, tasks: Tasks): Promise<unknown> {
  return runStates(machine, input, {}, { Execution: { Name: name } }, tasks);
}

async function runStates(machine: States, given: unknown, outer: Values, context: Values, tasks: Tasks): Promise<unknown> {
  const variables: Record<string, unknown> = { ...outer };
  let input = given;
  for (let name = machine.StartAt; ; ) {
    const state = machine.States[name];
    if (!state) throw new Error(`the machine has no state ${name}`);
    const { transition, states } = await runState(state, { input, variables, context, tasks });
    const scope = { ...variables, states };
    const assigned = transition.Assign === undefined ? {} : await evaluate(transition.Assign, scope);
    const output = transition.Output === undefined ? (states['result'] ?? input) : await evaluate(transition.Output, scope);
    Object.assign(variables, assigned);
    if (transition.Next === undefined) return output;
    [name, input] = [transition.Next, output];
  }
}

interface Place {
  readonly input: unknown;
  readonly variables: Values;
  readonly context: Values;
  readonly tasks: Tasks;
}

async function runState(state: State, place: Place): Promise<{ transition: Transition; states: Values }> {
  const { input, variables, context } = place;
  const states = { input, context };
  const scope = { ...variables, states };
  switch (state.Type) {
    case 'Succeed':
      return { transition: state, states };
    case 'Fail':
      throw new StatesError(String(await evaluate(state.Error, scope)), String(await evaluate(state.Cause, scope)));
    case 'Choice': {
      for (const choice of state.Choices ?? [])
        if ((await evaluate(choice.Condition, scope)) === true) return { transition: choice, states };
      return { transition: { ...state, ...(state.Default === undefined ? {} : { Next: state.Default }) }, states };
    }
    case 'Task':
    case 'Map':
      return attempt(state, place);
    default:
      throw new Error(`no machine of ours has a state of type ${state.Type}`);
  }
}

async function attempt(state: State, place: Place): Promise<{ transition: Transition; states: Values }> {
  const { input, context, tasks } = place;
  const used = new Map<Retrier, number>();
  for (;;) {
    try {
      const result = state.Type === 'Map' ? await runMap(state, place) : await runTask(state, place);
      return { transition: state, states: { input, context, result } };
    } catch (error) {
      if (!(error instanceof StatesError)) throw error;
      const retrier = state.Retry?.find((one) => matches(one, error));
      const before = retrier ? (used.get(retrier) ?? 0) : 0;
      if (retrier && before < (retrier.MaxAttempts ?? 3)) {
        used.set(retrier, before + 1);
        const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY } = retrier;
        await tasks.pause(Math.min(IntervalSeconds * BackoffRate ** before, MaxDelaySeconds));
        continue;
      }
      const catcher = state.Catch?.find((one) => matches(one, error));
      if (!catcher) throw error;
      const errorOutput = { Error: error.error, Cause: error.message };
      return { transition: catcher, states: { input, context, errorOutput } };
    }
  }
}

function matches({ ErrorEquals }: Matching, { error }: StatesError): boolean {
  return ErrorEquals.some(
    (name) => name === error || name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout'),
  );
}

async function runTask(state: State, { input, variables, context, tasks }: Place): Promise<unknown> {
  const asked = (more: Values) =>
    evaluate(state.Arguments, { ...variables, states: { input, context: { ...context, ...more } } }) as Promise<Values>;
  switch (state.Resource) {
    case 'arn:aws:states:::lambda:invoke': {
      const { FunctionName, Payload } = await asked({});
      return { Payload: await tasks.invoke(String(FunctionName), Payload) };
    }
    case 'arn:aws:states:::lambda:invoke.waitForTaskToken': {
      const { FunctionName } = await asked({ Task: { Token: '' } });
      const seconds = Number(await evaluate(state.TimeoutSeconds, { ...variables, states: { input, context } }));
      const payload = async (Token: string) => (await asked({ Task: { Token } }))['Payload'];
      return tasks.invokeAndWait(String(FunctionName), payload, seconds);
    }
    case 'arn:aws:states:::sagemaker:createTrainingJob.sync':
      return tasks.train(await asked({}));
    default:
      throw new Error(`no machine of ours calls ${state.Resource}`);
  }
}

/** Its items one after the other, which is one of the orders that `MaxConcurrency` allows. */
async function runMap(state: State, { input, variables, context, tasks }: Place): Promise<unknown> {
  const { ItemProcessor } = state;
  const items = (await evaluate(state.Items, { ...variables, states: { input, context } })) as readonly unknown[];
  if (!ItemProcessor || !Array.isArray(items)) throw new Error('a Map needs items and a processor');
  const results: unknown[] = [];
  for (const [Index, Value] of items.entries()) {
    const here = { ...context, Map: { Item: { Index, Value } } };
    const given =
      state.ItemSelector === undefined ? Value : await evaluate(state.ItemSelector, { ...variables, states: { input, context: here } });
    results.push(await runStates(ItemProcessor, given, variables, context, tasks));
  }
  return results;
}

const compiled = new Map<string, ReturnType<typeof jsonata>>();

/** Every `{% … %}` in it as its value; the result is plain JSON. */
async function evaluate(template: unknown, scope: Values): Promise<unknown> {
  if (typeof template === 'string') {
    const [, expression] = /^\{%(.*)%\}$/s.exec(template) ?? [];
    if (expression === undefined) return template;
    let found = compiled.get(expression);
    if (!found) {
      found = jsonata(expression);
      compiled.set(expression, found);
    }
    const value: unknown = await found.evaluate({}, scope);
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  }
  if (Array.isArray(template)) return Promise.all(template.map((one) => evaluate(one, scope)));
  if (typeof template !== 'object' || template === null) return template;
  const entries = await Promise.all(Object.entries(template).map(async ([key, value]) => [key, await evaluate(value, scope)] as const));
  return Object.fromEntries(entries);
}
