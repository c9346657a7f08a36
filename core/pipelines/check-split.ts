import { namesOf, unknownColumn } from './column-issue.ts';
import type { PipelineDefinition, SplitDefinition, SplitShares } from './definition.ts';
import type { DefinitionIssue } from './definition-issue.ts';

const DAYS: readonly TimeKey[] = ['validationDays', 'testDays', 'trainDays'];
/** The ways to say where a split by time parts the rows, each by its keys. */
const TIME_FORMS: readonly (readonly TimeKey[])[] = [['trainUntil', 'validationUntil'], ['shares'], DAYS];
type TimeKey = Exclude<keyof Extract<SplitDefinition, { by: 'time' }>, 'by' | 'column'>;

export function checkSplit({ schema, split }: PipelineDefinition): DefinitionIssue[] {
  if (split.by === 'random') return checkShares(split.shares);
  const issues: DefinitionIssue[] = [];
  if (schema[split.column]?.type !== 'datetime') {
    issues.push(unknownColumn(['split', 'column'], split.column, namesOf(schema, 'datetime'), 'datetime column'));
  }
  if (schema[split.column]?.nullable) {
    issues.push({
      path: ['schema', split.column, 'nullable'],
      message: `${split.column} splits the rows by time, so it cannot be nullable`,
    });
  }
  return [...issues, ...checkTimeForm(split)];
}

/** Dates, shares or days: each form is whole, and there is one of them. */
function checkTimeForm(split: Extract<SplitDefinition, { by: 'time' }>): DefinitionIssue[] {
  const { trainUntil, validationUntil, shares, validationDays, testDays } = split;
  const [first, second] = TIME_FORMS.map((form) => form.find((key) => split[key] !== undefined)).filter((key) => key !== undefined);
  const forms = 'trainUntil and validationUntil, shares, or validationDays and testDays';
  if (first === undefined) return [{ path: ['split'], message: `a split by time needs either ${forms}` }];
  if (second !== undefined) {
    return [{ path: ['split', second], message: `${second} does not go with ${first}: a split by time has one of ${forms}` }];
  }
  if (shares) return checkShares(shares);
  if (DAYS.includes(first)) {
    return validationDays === undefined || testDays === undefined
      ? [
          {
            path: ['split', first],
            message: `validationDays and testDays belong together; ${validationDays === undefined ? 'validationDays' : 'testDays'} is missing`,
          },
        ]
      : [];
  }
  if (trainUntil === undefined || validationUntil === undefined) {
    return [{ path: ['split'], message: 'trainUntil and validationUntil belong together; one is missing' }];
  }
  return Date.parse(trainUntil) < Date.parse(validationUntil)
    ? []
    : [{ path: ['split', 'validationUntil'], message: `validationUntil ${validationUntil} is not after trainUntil ${trainUntil}` }];
}

function checkShares({ train, validation, test }: SplitShares): DefinitionIssue[] {
  const sum = train + validation + test;
  return Math.abs(sum - 1) < 1e-9
    ? []
    : [{ path: ['split', 'shares'], message: `the shares add up to ${Number(sum.toFixed(6))}, not to 1` }];
}
