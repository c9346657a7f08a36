import type { FeatureType, FeatureValue } from '#core/serving/index.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TRUE = /^true$/i;
const FALSE = /^false$/i;

/**
 * What the text of a CSV's field says for a feature of this type. A text that says nothing of the kind stays a text, and is refused
 * as one where rows are checked.
 */
export function csvValue(type: FeatureType, text: string): FeatureValue {
  if (text === '') return null;
  switch (type) {
    case 'number':
    case 'integer':
      return NUMBER.test(text) ? Number(text) : text;
    case 'boolean':
      if (TRUE.test(text)) return true;
      return FALSE.test(text) ? false : text;
    case 'category':
    case 'datetime':
      return text;
  }
}
