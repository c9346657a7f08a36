import type { FeatureType } from '#core/serving/index.ts';
import type { Measured, PerformancePoint } from './performance.ts';

/**
 * Numbers as counted values. Up to `MOST_VALUES` distinct values they are exact (`bits` 52). Beyond, the mantissas keep their
 * leading `bits` only, as many as leave no more distinct values than that. What is kept does not depend on the order of the
 * rows, nor on how they were shared out: merging two sketches gives the sketch of all rows, number for number.
 */
export interface NumericSketch {
  readonly bits: number;
  /** Rising. */
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

/** Counts per bin of fixed edges, the last bin closed: all that older training profiles keep. Cannot be merged. */
export interface FixedBins {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** `missing` counts null, NaN and ±Infinity; `count` leaves them out. */
interface Counted {
  readonly count: number;
  readonly missing: number;
}

export interface NumericProfile extends Counted {
  readonly kind: 'numeric';
  readonly mean: number | null;
  /** Population standard deviation. */
  readonly std: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly distribution: NumericSketch | FixedBins;
}

export interface CategoricalProfile extends Counted {
  readonly kind: 'categorical';
  /** Most frequent first, then by value. */
  readonly categories: readonly { readonly value: string; readonly count: number }[];
  /** Rows of the categories that did not fit the list; 0 when the list is whole. */
  readonly other: number;
}

/** A moment in time: which hour and which day of the week (0 is Monday), in UTC. */
export interface DatetimeProfile extends Counted {
  readonly kind: 'datetime';
  /** Seconds since 1970. */
  readonly min: number | null;
  readonly max: number | null;
  /** 24 counts; null in training profiles made before they were kept. */
  readonly hourOfDay: readonly number[] | null;
  /** 7 counts. */
  readonly dayOfWeek: readonly number[] | null;
}

export type ColumnProfile = NumericProfile | CategoricalProfile | DatetimeProfile;

export interface TargetProfile {
  readonly labelled: number;
  readonly positives: number;
}

/** What some rows looked like: plain JSON, the same of training rows and of a window of the prediction log. */
export interface Profile {
  readonly version: 1;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: FeatureType; readonly profile: ColumnProfile }[];
  readonly prediction: NumericProfile | null;
  readonly target: TargetProfile | null;
}

/** What a scan read: the profile, and what else the rows of the window tell. */
export interface WindowProfile {
  readonly profile: Profile;
  /** Rows in the files; a prediction that stands in them twice is profiled once. */
  readonly rows: number;
  readonly distinctIds: number;
  readonly duplicates: number;
  /** Rows that each version answered, most first. */
  readonly versions: readonly { readonly versionId: string; readonly version: number; readonly rows: number }[];
  /** Earliest and latest event time, RFC 3339; null in an empty window. */
  readonly firstEvent: string | null;
  readonly lastEvent: string | null;
  readonly performance: readonly PerformancePoint[];
  readonly overall: Measured;
}
