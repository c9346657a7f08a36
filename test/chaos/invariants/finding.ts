/**
 * What an invariant found broken. `lost`: something acknowledged or committed is not there. `duplicated`: it is there, or was told, more
 * than once. `stuck`: it neither ended nor will by itself. `wrong`: it is there and contradicts something else.
 */
export interface Finding {
  readonly sort: 'lost' | 'duplicated' | 'stuck' | 'wrong';
  readonly what: string;
}

/** Rows of one statement, as a role that sees every tenant. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
