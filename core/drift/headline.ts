import type { DriftJudgement } from './judgement.ts';

/** The monitor's part in what a scan is called. */
export interface HeadlineFacts {
  /** Of the monitor: it may want more rows than the judge. */
  readonly verdict: DriftJudgement['verdict'];
  /** `columns`, `prediction`, `target`, `performance`: what of them somebody is told about. */
  readonly alertOn: readonly string[];
}

/**
 * What a person reads first. Drift that nobody is told of is drift all the same, and says that it is.
 *
 * @example headline(…) // 'Drift: distance; without an alert: target'
 */
export function headline(
  { drifted }: Pick<DriftJudgement, 'drifted'>,
  { verdict, alertOn }: HeadlineFacts,
): { readonly tone: 'good' | 'bad' | 'quiet'; readonly text: string } {
  if (verdict === 'insufficient') return { tone: 'quiet', text: 'Too few rows to say' };
  const found = [
    { subject: 'columns', names: drifted.columns },
    ...(['prediction', 'target', 'performance'] as const).map((what) => ({ subject: what, names: drifted[what] ? [what] : [] })),
  ];
  const namesOf = (alerting: boolean) =>
    found.filter(({ subject }) => alertOn.includes(subject) === alerting).flatMap(({ names }) => names);
  const [told, untold] = [namesOf(true), namesOf(false)];
  if (told.length === 0 && untold.length === 0) return { tone: 'good', text: 'No drift' };
  if (told.length === 0) return { tone: 'quiet', text: `Drift without an alert: ${listed(untold)}` };
  return { tone: 'bad', text: `Drift: ${listed(told)}${untold.length > 0 ? `; without an alert: ${listed(untold)}` : ''}` };
}

function listed(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
