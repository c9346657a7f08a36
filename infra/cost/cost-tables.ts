import { busyMonth, type Load } from './busy-month.ts';
import type { IdleCost } from './idle-cost.ts';
import { PRICED_IN, PRICES, REGION } from './prices.ts';

const dollars = (usd: number) => `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** What `cdk synth` says. */
export function idleReport(stage: string, { lines, usd }: IdleCost): string {
  const rows = lines.map((line) => `  ${dollars(line.usd).padStart(9)}  ${line.what}${line.count > 1 ? ` (${line.count})` : ''}`);
  const head = `An idle month of stage ${stage} costs about ${dollars(usd)} (${REGION}, list prices of ${PRICED_IN}, infra/cost/prices.ts):`;
  return [head, ...rows].join('\n');
}

/** The same for docs/cost.md. */
export function idleTable({ lines, usd }: IdleCost): string {
  return table(
    ['a month', 'what', 'how many'],
    [...lines.map((line) => [dollars(line.usd), line.what, String(line.count)]), [`**${dollars(usd)}**`, '**idle**', '']],
  );
}

export function busyTable(load: Load, idle: number): string {
  const lines = busyMonth(load);
  const total = lines.reduce((sum, { usd }) => sum + usd, idle);
  return table(
    ['a month', 'what', 'formula'],
    [
      [dollars(idle), 'the stage at rest', 'above'],
      ...lines.map(({ what, formula, usd }) => [dollars(usd), what, formula]),
      [`**${dollars(total)}**`, '**together**', ''],
    ],
  );
}

export function priceTable(): string {
  return table(
    ['price', 'per', 'where to look'],
    Object.values(PRICES).map(({ usd, per, page }) => [`$${usd}`, per, page]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
