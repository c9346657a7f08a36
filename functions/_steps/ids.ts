const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isId(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The id under this name, which the machine's author put there; its absence is a defect. */
export function idOf(event: Readonly<Record<string, unknown>>, field: string): string {
  const value = event[field];
  if (!isId(value)) throw new TypeError(`the step event's ${field} is no id: ${JSON.stringify(value)}`);
  return value;
}
