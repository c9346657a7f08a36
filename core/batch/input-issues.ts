import type { DataIssue } from '#core/kernel/index.ts';
import type { FeatureType, SignatureInput } from '#core/serving/index.ts';

export interface GivenColumn {
  readonly name: string;
  /** The type the file declares, in its reader's words; a CSV's columns are all text. */
  readonly type: string;
  /** What its values may be; undefined when every value speaks for itself. */
  readonly fits?: readonly FeatureType[] | undefined;
}

/** What in a file stops all of its rows: an input without a column, or with one that can hold no value of its type. Other columns are let be. */
export function inputIssues(inputs: readonly SignatureInput[], columns: readonly GivenColumn[]): DataIssue[] {
  const found = new Map(columns.map((column) => [column.name, column]));
  const there = [...found.keys()].join(', ').slice(0, 500);
  return inputs.flatMap(({ name, type }): DataIssue[] => {
    const column = found.get(name);
    if (!column) return [{ column: name, rule: 'missing_column', observed: `the file has ${there || 'no columns'}`, limit: type }];
    if (!column.fits || givenFits(column.fits, type)) return [];
    return [{ column: name, rule: 'wrong_type', observed: column.type, limit: type }];
  });
}

/** Whole numbers with gaps are written as fractions by many tools: whether a number is whole, each row tells. */
function givenFits(fits: readonly FeatureType[], type: FeatureType): boolean {
  return fits.includes(type) || (type === 'integer' && fits.includes('number'));
}
