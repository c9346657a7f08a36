import { escapeHtml, number } from '#core/kernel/index.ts';
import { type ChampionComparison, standingsOf } from './champion.ts';

const PILL = { better: 'pill good', worse: 'pill bad', undecided: 'pill' } as const;

/** The challenger beside the version that the alias points at, on the same rows. */
export function championTable(champion: ChampionComparison | null): string {
  if (!champion) return section('no champion yet', '<p class="how">Nothing has the alias yet, so there is nothing to compare with.</p>');
  const title = `version ${champion.version}`;
  if (!champion.comparable) {
    return section(title, `<p class="how">The champion cannot be asked about these rows: ${escapeHtml(champion.reason)}.</p>`);
  }
  const rows = Object.entries(standingsOf(champion.differences)).map(
    ([metric, { challenger, champion: other, difference, low, high, verdict }]) =>
      `<tr><td><code>${escapeHtml(metric)}</code></td><td class="n"><b>${number(challenger)}</b></td><td class="n">${number(other)}</td><td class="n">${signed(difference)}</td><td class="n">${low === undefined || high === undefined ? '' : `${signed(low)} … ${signed(high)}`}</td><td><span class="${PILL[verdict]}">${verdict}</span></td></tr>`,
  );
  return section(
    title,
    `<p class="how">Both on the same rows; the interval is of the difference, from a bootstrap that draws the same rows for both. Each calls a row positive by its own threshold.</p>
<div class="scroll"><table><thead><tr><th>metric</th><th class="n">challenger</th><th class="n">champion</th><th class="n">difference</th><th class="n">interval</th><th>challenger is</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
  );
}

function section(title: string, body: string): string {
  return `<section><h2>Against the champion <i>${escapeHtml(title)}</i></h2>${body}</section>`;
}

function signed(value: number | null): string {
  return value !== null && value > 0 ? `+${number(value)}` : number(value);
}
