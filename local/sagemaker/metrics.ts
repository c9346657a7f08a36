export interface MetricDefinition {
  readonly Name: string;
  readonly Regex: string;
}

/** One observation; `Timestamp` in epoch seconds. */
export interface MetricPoint {
  readonly MetricName: string;
  readonly Value: number;
  readonly Timestamp: number;
}

// A metric stands at the front of a line; without a limit one endless line could keep a regular expression busy.
const LONGEST_LINE = 16_384;

/** Reads the metrics off log lines: the first group of each definition's regular expression, where it is a number. */
export function metricReader(definitions: readonly MetricDefinition[]): (line: string, timestamp: number) => readonly MetricPoint[] {
  const readers = definitions.map(({ Name, Regex }) => ({ Name, regex: new RegExp(Regex, 'g') }));
  return (line, timestamp) =>
    readers.flatMap(({ Name, regex }) =>
      [...line.slice(0, LONGEST_LINE).matchAll(regex)].flatMap((match) => {
        const value = Number.parseFloat(match[1] ?? '');
        return Number.isFinite(value) ? [{ MetricName: Name, Value: value, Timestamp: timestamp }] : [];
      }),
    );
}

/** FinalMetricDataList: the last value of each metric, in the order of the definitions. */
export function finalMetrics(definitions: readonly MetricDefinition[], points: readonly MetricPoint[]): readonly MetricPoint[] {
  const last = new Map(points.map((point) => [point.MetricName, point]));
  return definitions.flatMap(({ Name }) => last.get(Name) ?? []);
}
