/** Whether an endpoint that asked for `eventTypes` is told of an event of this type. */
export function wantsEvent(eventTypes: readonly string[], type: string): boolean {
  return eventTypes.some((wanted) => wanted === '*' || wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1))));
}
