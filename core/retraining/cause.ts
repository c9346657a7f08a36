/**
 * One text for one cause: the same monitor seeing the same things drift, in whatever order and in whichever window. Names of columns
 * hold no `+`, so two sets of names never give one text.
 *
 * @example causeOf('0191…', ['prediction', 'distance']) // '0191…/distance+prediction'
 */
export function causeOf(monitor: string, what: Iterable<string>): string {
  return `${monitor}/${[...new Set(what)].sort().join('+')}`;
}
