import { type ColumnVerdict, headline } from '#core/drift/index.ts';
import { causeOf } from '#core/retraining/index.ts';
import type { AlertSubject, Monitor } from './monitor.ts';
import type { ScanReport } from './ports.ts';
import type { Finding, ScanSummary } from './scan.ts';

export interface Alert {
  readonly subject: AlertSubject;
  /** The column, or `prediction`, `target`, `performance`. */
  readonly what: string;
  readonly sentence: string;
}

/** What a report says in short, and what of it the monitor tells others about. */
export function summarize(
  { judgement, verdict, alertOn, files }: Pick<ScanReport, 'judgement' | 'verdict' | 'alertOn' | 'files'>,
  { id }: Pick<Monitor, 'id'>,
): { readonly summary: ScanSummary; readonly alerts: readonly Alert[]; readonly drifted: number } {
  const { columns, prediction, target, decay, performance } = judgement;
  const found: readonly (Alert & { readonly verdict: string })[] = [
    ...columns.map((one) => ({ ...one, subject: 'columns' as const, what: one.column })),
    ...(prediction ? [{ ...prediction, subject: 'prediction' as const, what: 'prediction' }] : []),
    ...(target ? [{ ...target, subject: 'target' as const, what: 'target' }] : []),
    ...(decay ? [{ ...decay, subject: 'performance' as const, what: 'performance' }] : []),
  ];
  // Of a window that is too small nothing is believed, whatever its single numbers say.
  const alerts = found
    .filter((one) => verdict !== 'insufficient' && one.verdict === 'drift' && alertOn.includes(one.subject))
    .map(({ subject, what, sentence }) => ({ subject, what, sentence }));
  const alerted = alerts.map(({ what }) => what);
  return {
    summary: {
      headline: headline(judgement, { verdict, alertOn }).text,
      files,
      columns: columns.map(withoutPictures),
      prediction: prediction && withoutPictures(prediction),
      target: target && withoutPictures(target),
      performance,
      decay,
      alerted,
      cause: alerted.length > 0 ? causeOf(id, alerted) : null,
    },
    alerts,
    drifted: columns.filter((one) => one.verdict === 'drift').length,
  };
}

function withoutPictures({ bars: _, newCategories: __, ...finding }: ColumnVerdict): Finding {
  return finding;
}
