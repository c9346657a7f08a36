import type { stepFunctions } from '#adapters/stepfunctions/orchestrator.ts';
import { MOST_STARTS } from '#core/recovery/index.ts';

type Orchestrator = ReturnType<typeof stepFunctions>;

export interface NewestMachine {
  /** `unknown` only where Step Functions knows no machine of the order at all. */
  readonly found: Awaited<ReturnType<Orchestrator['look']>>;
  /** How many have carried the order; 1 for the first, which may be unknown. */
  readonly starts: number;
}

/** Step Functions takes a name once, so those that follow the first are numbered. */
export function nthName(name: string, nth: number): string {
  return nth === 1 ? name : `${name}.${nth}`;
}

/** The last machine that carried an order. */
export async function newestMachine({ look }: Pick<Orchestrator, 'look'>, stateMachineArn: string, name: string): Promise<NewestMachine> {
  let newest: NewestMachine = { found: await look(stateMachineArn, name), starts: 1 };
  while (typeof newest.found !== 'string' && newest.starts < MOST_STARTS) {
    const starts = newest.starts + 1;
    const next = await look(stateMachineArn, nthName(name, starts));
    if (next === 'unknown') break;
    newest = { found: next, starts };
  }
  return newest;
}
