export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\n]|\\\\|\\n)*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/y;

/**
 * Reads Prometheus's text format 0.0.4 as strictly as its document allows: every family with help and type before its samples, in
 * one piece, every series once, and histograms whose buckets add up. @throws what is wrong, with the line
 */
export function parseExposition(text: string): ReadonlyMap<string, ParsedFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { type: string; help: string; samples: ParsedSample[] }>();
  const series = new Set<string>();
  let open: string | undefined;
  let help: readonly [string, string] | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, helped, about] = HELP.exec(line) ?? [];
    if (helped !== undefined) {
      help = [helped, unescaped(about ?? '')];
      continue;
    }
    const [, typed, type] = TYPE.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) {
      if (help?.[0] !== typed || families.has(typed)) throw new Error(`no help before it, or a second time: ${line}`);
      families.set(typed, { type, help: help[1], samples: [] });
      open = typed;
      continue;
    }
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`neither comment nor sample: ${line}`);
    const family = open === undefined ? undefined : families.get(open);
    const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!family || !suffixes.some((suffix) => name === `${open}${suffix}`)) throw new Error(`outside its family: ${line}`);
    const sample = { name, labels: parseLabels(labels ?? '', line), value: numberOf(value) };
    const id = JSON.stringify([name, Object.entries(sample.labels).sort()]);
    if (series.has(id)) throw new Error(`a second sample of the series: ${line}`);
    series.add(id);
    if (family.type !== 'gauge' && !(sample.value >= 0)) throw new Error(`it can only count up: ${line}`);
    family.samples.push(sample);
  }
  for (const [name, { type, samples }] of families) {
    if (samples.length === 0) throw new Error(`${name} has no sample`);
    if (type === 'histogram') checkHistogram(name, samples);
  }
  return families;
}

function parseLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const [whole, name, value] = LABEL.exec(text) ?? [];
    if (whole === undefined || name === undefined || value === undefined || Object.hasOwn(labels, name))
      throw new Error(`labels of ${line}`);
    labels[name] = unescaped(value);
    at += whole.length;
  }
  return labels;
}

function checkHistogram(name: string, samples: readonly ParsedSample[]): void {
  const bySeries = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const { le: _, ...rest } = sample.labels;
    const id = JSON.stringify(Object.entries(rest).sort());
    bySeries.set(id, [...(bySeries.get(id) ?? []), sample]);
  }
  for (const [id, all] of bySeries) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels['le'] ?? ''));
    const counts = buckets.map(({ value }) => value);
    const rising = (values: readonly number[]) => values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0));
    const count = all.find((sample) => sample.name === `${name}_count`)?.value;
    const sums = all.filter((sample) => sample.name === `${name}_sum`).length;
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || new Set(bounds).size !== bounds.length || !rising(bounds) || !rising(counts))
      throw new Error(`the buckets of ${name} ${id} are not cumulative up to +Inf`);
    if (counts.at(-1) !== count || sums !== 1) throw new Error(`the count or the sum of ${name} ${id} does not fit its buckets`);
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function unescaped(text: string): string {
  return text.replace(/\\(\\|"|n)/g, (_, one: string) => (one === 'n' ? '\n' : one));
}
