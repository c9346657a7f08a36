import { DomainError } from '#core/kernel/index.ts';
import type { FeatureType } from '#core/serving/index.ts';
import type { CategoricalProfile, ColumnProfile, DatetimeProfile, FixedBins, NumericProfile, NumericSketch, Profile } from './profile.ts';

const KINDS = {
  integer: 'numeric',
  number: 'numeric',
  category: 'categorical',
  boolean: 'categorical',
  datetime: 'datetime',
} as const satisfies Record<FeatureType, ColumnProfile['kind']>;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads `profile.json` of a training job. Files made before counted values and calendar counts were kept are read as well: their
 * numbers are compared bin by bin, their moments in time not at all.
 *
 * @throws {DomainError} `profile_invalid`, with the place and what was expected there
 */
export function parseTrainingProfile(json: unknown): Profile {
  const root = object(json, 'profile');
  if (root['version'] !== 1) refuse('version', '1', root['version']);
  const rows = count(root['rows'], 'rows');
  const target = object(root['target'], 'target');
  return {
    version: 1,
    rows,
    columns: list(root['features'], 'features').map((feature, at) => parseColumn(feature, `features[${at}]`)),
    prediction: root['prediction'] === undefined ? null : parseNumeric(object(root['prediction'], 'prediction'), 'prediction'),
    target: { labelled: rows, positives: count(target['positives'], 'target.positives') },
  };
}

function parseColumn(json: unknown, at: string): Profile['columns'][number] {
  const feature = object(json, at);
  const { name, type } = feature;
  if (typeof name !== 'string' || name === '') refuse(`${at}.name`, 'a name', name);
  if (typeof type !== 'string' || !Object.hasOwn(KINDS, type)) refuse(`${at}.type`, `one of ${Object.keys(KINDS).join(', ')}`, type);
  const parse = { numeric: parseNumeric, categorical: parseCategorical, datetime: parseDatetime }[KINDS[type as FeatureType]];
  return { name: name as string, type: type as FeatureType, profile: parse(feature, at) };
}

function parseNumeric(json: Json, at: string): NumericProfile {
  const head = counted(json, at);
  if (head.count === 0)
    return { kind: 'numeric', ...head, mean: null, std: null, min: null, max: null, distribution: { bits: 52, values: [], counts: [] } };
  return {
    kind: 'numeric',
    ...head,
    mean: finite(json['mean'], `${at}.mean`),
    std: finite(json['std'], `${at}.std`),
    min: finite(json['min'], `${at}.min`),
    max: finite(json['max'], `${at}.max`),
    distribution:
      json['points'] === undefined ? parseBins(json['histogram'], `${at}.histogram`) : parsePoints(json['points'], `${at}.points`),
  };
}

function parsePoints(json: unknown, at: string): NumericSketch {
  const { bits, values, counts } = object(json, at);
  if (!Number.isInteger(bits) || (bits as number) < 0 || (bits as number) > 52) refuse(`${at}.bits`, 'a whole number from 0 to 52', bits);
  const found = list(values, `${at}.values`).map((value, index) => finite(value, `${at}.values[${index}]`));
  found.forEach((value, index) => {
    if (index > 0 && value <= (found[index - 1] as number)) refuse(`${at}.values[${index}]`, 'larger than the one before', value);
  });
  return { bits: bits as number, values: found, counts: countsOf(counts, `${at}.counts`, found.length) };
}

function parseBins(json: unknown, at: string): FixedBins {
  const { edges, counts } = object(json, at);
  const found = list(edges, `${at}.edges`).map((edge, index) => finite(edge, `${at}.edges[${index}]`));
  if (found.length < 2) refuse(`${at}.edges`, 'at least two edges', edges);
  return { edges: found, counts: countsOf(counts, `${at}.counts`, found.length - 1) };
}

function parseCategorical(json: Json, at: string): CategoricalProfile {
  const categories = list(json['categories'], `${at}.categories`).map((each, index) => {
    const { value, count: rows } = object(each, `${at}.categories[${index}]`);
    if (typeof value !== 'string') refuse(`${at}.categories[${index}].value`, 'a text', value);
    return { value: value as string, count: count(rows, `${at}.categories[${index}].count`) };
  });
  const other = count(json['other'], `${at}.other`);
  const { missing } = counted(json, at);
  // The list's own sum: profiles of booleans that hold one value only keep the other with a count of zero.
  return { kind: 'categorical', count: categories.reduce((sum, each) => sum + each.count, other), missing, categories, other };
}

function parseDatetime(json: Json, at: string): DatetimeProfile {
  const head = counted(json, at);
  const known = (name: string, cells: number) => (json[name] === undefined ? null : countsOf(json[name], `${at}.${name}`, cells));
  return {
    kind: 'datetime',
    ...head,
    min: head.count === 0 ? null : finite(json['min'], `${at}.min`),
    max: head.count === 0 ? null : finite(json['max'], `${at}.max`),
    hourOfDay: known('hour_of_day', 24),
    dayOfWeek: known('day_of_week', 7),
  };
}

function counted(json: Json, at: string): { readonly count: number; readonly missing: number } {
  return { count: count(json['count'], `${at}.count`), missing: count(json['missing'], `${at}.missing`) };
}

function countsOf(value: unknown, at: string, length: number): number[] {
  const counts = list(value, at).map((each, index) => count(each, `${at}[${index}]`));
  if (counts.length !== length) refuse(at, `${length} counts`, counts.length);
  return counts;
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) refuse(at, 'a list', value);
  return value as unknown[];
}

function object(value: unknown, at: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, 'an object', value);
  return value as Json;
}

function count(value: unknown, at: string): number {
  if (!Number.isInteger(value) || (value as number) < 0) refuse(at, 'a whole number of at least 0', value);
  return value as number;
}

function finite(value: unknown, at: string): number {
  if (!Number.isFinite(value)) refuse(at, 'a finite number', value);
  return value as number;
}

function refuse(at: string, expected: string, found: unknown): never {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 80);
  throw new DomainError({ code: 'profile_invalid', reason: `${at} must be ${expected}; found ${shown}` });
}
