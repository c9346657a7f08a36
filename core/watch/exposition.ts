export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** What comes after the family's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The text exposition format of Prometheus, version 0.0.4. A family without samples is left out.
 *
 * @throws {RangeError} a name that the format does not allow, or two samples of one series
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(families: readonly Family[]): string {
  const names = new Set<string>();
  const series = new Set<string>();
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    if (!METRIC.test(name) || names.has(name)) throw new RangeError(`${name} is no name of a metric, or the second one of that name`);
    names.add(name);
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`);
    for (const { labels, value, suffix = '' } of samples) {
      const id = `${name}${suffix}${labelSet(labels)}`;
      if (series.has(id)) throw new RangeError(`two samples of one series: ${id}`);
      series.add(id);
      lines.push(`${id} ${shown(value)}`);
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function labelSet(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    if (!LABEL.test(name) || name.startsWith('__')) throw new RangeError(`${name} is no name of a label`);
    return `${name}="${escaped(value).replaceAll('"', '\\"')}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function shown(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
